"""End-to-end encryption: the bot's device, its identity, and the keys of the rooms.

nio's own machine is not used here (docs/encryption.md says why): the ciphers are vodozemac's, the library
under nio, and every key lives in the bot's database, where it changes in the same transaction as the inbox.
"""
