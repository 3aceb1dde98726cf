"""Folders elsewhere: prefixes of buckets and folders behind SFTP, from which we take, and into which we deliver.

inboxes     looked at by one process at a time (`looking`); what has settled is fetched, becomes ours as if it were
            handed in, and only then is taken away there (`taking`)
outboxes    told of each sealed document as others are, by `worker.notices`, until it stands there (`delivering`)
"""
