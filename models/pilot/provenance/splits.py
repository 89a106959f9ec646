"""How one list of phrasings is shared out between training and dev."""

DEV_EVERY = 12


def split_of(entries: list[str], split: str) -> list[str]:
    """Each twelfth entry is for dev, the rest for training; held-out texts use none of them."""
    chosen = {"dev": entries[::DEV_EVERY], "train": [entry for at, entry in enumerate(entries) if at % DEV_EVERY]}
    return chosen.get(split, [])
