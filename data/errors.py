"""The one error root and its few children; a message says what, where and what to do next."""


class LookthroughError(Exception):
    """Anything Lookthrough itself reports; reaches a user as one line, never as a traceback."""


class ContractError(LookthroughError):
    """Data or a name that does not follow the contracts of the tables."""


class SettingsError(LookthroughError):
    """A settings file that cannot be read, or a value that is unknown or out of range."""


class StoreError(LookthroughError):
    """A query or a file of a store that failed; names the query, never account data."""


class PackageError(LookthroughError):
    """A submission package that cannot be read at all."""


class InputError(LookthroughError):
    """A value given by the user that does not fit."""


class NoRecordsError(LookthroughError):
    """A business date for which there is nothing to look at."""


class NotFoundError(LookthroughError):
    """A run, a party, an account or a file that was asked for and does not exist."""
