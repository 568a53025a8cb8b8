"""The commands that belong to no domain: help, the language to answer in, leaving a conversation."""
