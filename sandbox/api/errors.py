"""How the API refuses: four shapes, as Xero mixes them."""
import uuid

TITLES = {401: 'Unauthorized', 403: 'Forbidden', 404: 'Not Found', 500: 'An error occurred'}
UNKNOWN = 'An error occurred in Xero. Check the API Status page http://status.developer.xero.com for current service status.'


class Refusal(Exception):
    """Anything that ends a call early."""
    status = 400


class Problem(Refusal):
    """Authentication, authorization and unexpected failures: Title, Status, Detail."""

    def __init__(self, status, detail, title=None, headers=None):
        super().__init__(detail)
        self.status, self.detail, self.title, self.headers = status, detail, title or TITLES[status], headers or {}

    def as_dict(self, lower_case):
        """:param bool lower_case: the older spelling of the keys"""
        value = {
            'Type': None, 'Title': self.title, 'Status': self.status, 'Detail': self.detail,
            'Instance': str(uuid.uuid4()), 'Extensions': {},
        }
        return {name.lower(): part for name, part in value.items()} if lower_case else value


class ApiException(Refusal):
    """ErrorNumber, Type, Message, and Elements where single elements are at fault."""

    def __init__(self, number, kind, message, elements=None, status=400):
        super().__init__(message)
        self.number, self.kind, self.message, self.elements, self.status = number, kind, message, elements, status

    def as_dict(self):
        value = {'ErrorNumber': self.number, 'Type': self.kind, 'Message': self.message}
        return value if self.elements is None else value | {'Elements': self.elements}


class PlainText(Refusal):
    """Words in text/html, for unknown resources and bad list filters."""

    def __init__(self, status, text):
        super().__init__(text)
        self.status, self.text = status, text


def validation(elements):
    return ApiException(10, 'ValidationException', 'A validation exception occurred', elements)


def refused_element(message):
    """The refusal of something that has no element to show, such as a file."""
    return validation([{'ValidationErrors': [{'Message': message}]}])


def unreadable(message):
    return ApiException(14, 'PostDataInvalidException', message)


def unparsable_query(message):
    return ApiException(16, 'QueryParseException', message)


def not_implemented():
    return ApiException(20, 'ApiMethodNotImplementedException', 'The Api Method called is not implemented', status=501)


def not_found():
    return PlainText(404, "The resource you're looking for cannot be found")


def unhandled():
    """What a body of the wrong structure ends in."""
    return Problem(500, UNKNOWN)
