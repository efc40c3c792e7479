"""Who may make a reservation."""

from hashlib import sha256

from anabranch import entity


class LoginFailed(Exception):
    """The password is not that of the user."""

    http_status = 403


def password_hash(username: str, password: str) -> str:
    """What is kept of a password. The name is the salt."""
    return sha256(f"{username}:{password}".encode()).hexdigest()


@entity
class User:
    """A guest."""

    def __init__(self, username: str, password: str):
        self.username = username
        self.password_hash = password_hash(username, password)
        self.failed_logins = 0

    def __key__(self) -> str:
        return self.username

    def login(self, password: str) -> bool:
        """Whether the password is right."""
        if password_hash(self.username, password) != self.password_hash:
            self.failed_logins += 1
            return False
        self.failed_logins = 0
        return True
