from typing import Any, NamedTuple


class Problem(NamedTuple):
    """One reason why a document cannot be sent.

    `cause` is a code of `xero.export` (`account`, `tax`, `contact`, …), `message` a sentence for a person that names the record and
    the next step, `mapping` the undecided mapping row that would release the document, or None, `kind` what such documents are called when they
    are counted, in words that follow the number; empty where the cause says enough. `candidate` is the document in Xero that may be the same (see
    `xero.export.candidate`), or None.
    """
    cause: str
    message: str
    mapping: Any = None
    kind: str = ''
    candidate: Any = None
