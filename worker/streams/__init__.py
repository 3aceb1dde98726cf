"""Redis Streams: documents that programs hand in by one, and what they are told by another. In any language.

zimogs:intake        entries of programs; the consumer group is `zimogs`, each process one consumer of it
zimogs:intake:dead   entries that cannot be taken, with the reason
zimogs:results       what became of documents
"""
