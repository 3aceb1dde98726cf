"""The vendor's client: eParaksts' integration platform and SignAPI, spoken over HTTP and classified reply by reply.

Numbers such as `vendor §4.7`, here and in the rest of the code, are explained in SOURCES.md beside this file.
"""
