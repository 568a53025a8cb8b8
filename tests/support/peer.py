"""The independent client that tests talk through; it lives with the demo, which uses it too."""

from bot.demo.account import Account, PeerError
from bot.demo.peer import Event, Peer, answers, body_of, relation_of

__all__ = ["Account", "Event", "Peer", "PeerError", "answers", "body_of", "relation_of"]
