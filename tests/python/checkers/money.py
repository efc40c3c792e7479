"""Is there always as much money as was brought in?"""

from collections.abc import Mapping


def violations(audit: str, balances: Mapping[str, int], total: int) -> list[str]:
    """Judges what one operation found in all accounts at one moment."""
    found = [
        f"{audit}: {owner} owes {-balance}" for owner, balance in balances.items() if balance < 0
    ]
    if sum(balances.values()) != total:
        found.append(f"{audit}: {sum(balances.values())} where there should be {total}")
    return found
