from foundation.errors import Conflict, Invalid


class FileRefused(Invalid):
    """A file that cannot become a table; the sentence says what, where and how to mend it."""


class QueryRefused(Invalid):
    """SQL for a derived version that lacks something; `fields` names what."""


class DefinitionRefused(Invalid):
    """A transformation that cannot be as it is said; `fields` names what to mend."""


class UploadOffsetWrong(Conflict):
    """A chunk that does not continue where the upload stands; `details["offset"]` says where it does."""


class NoSuchColumn(Invalid):
    """A person is looked for by a column that no dataset there has; the sentence says which there are."""


class RowsRefused(Invalid):
    """Rows that break what is expected of the dataset; the sentence names expectation, columns and number of rows."""
