"""What every conversation against a real homeserver starts from."""

from tests.support.synapse import homeserver, new_user, production_homeserver

__all__ = ["homeserver", "new_user", "production_homeserver"]
