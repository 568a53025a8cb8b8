"""What tests share: a real homeserver, people to play, faults to script."""
