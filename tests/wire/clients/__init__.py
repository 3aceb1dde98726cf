"""Other people's clients of the real platform, replayed: the requests of each, and how each reads the answers.

Every driver is written anew from what the client sends and expects; no code of theirs is here. A driver that reads an
answer as its client does stumbles where its client would.
"""
