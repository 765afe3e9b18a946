import re
from collections.abc import Iterator
from decimal import Decimal

from odoo import models
from odoo.tools import format_amount, format_date

from ...const import DESCRIPTION_LENGTH, FINAL_STATUSES, NARRATION_LENGTH, TEXT_FIELDS
from ...tools.problem import Problem
from ...tools.xero_elements import read_date
from ...tools.xero_money import fingerprint, json_number, short_fingerprint, to_decimal
from ...tools.xero_text import clean_element, first_text, fold, shorten
from ..mapping.resolver import Resolver
from .xero_document_parts import tracked_options
from .xero_journal_lines import JournalLines
from .xero_payload import Payload

_TAG = re.compile(r'\[(OD\w+-[A-Z]+\d+)\]')
_TEXTS = ('Narration', 'LineAmountTypes')
SCOPE = 'accounting.manualjournals'


class XeroKindLedger(models.AbstractModel):
    """The common base of documents that are exported as manual journals: `xero.kind.journal` (an entry) and `xero.kind.journal_day`.

    A manual journal has no unique number in Xero, so its narration ends with a unique tag: the connection's prefix, which identifies our
    database, and the id of the entry or day (https://developer.xero.com/documentation/api/accounting/manualjournals). Lines have no tax
    types: the amounts of the tax accounts are lines like the others. With tax types, Xero would compute the tax per line by its own
    rounding, and the ledger would differ by cents.
    """
    _name = 'xero.kind.ledger'
    _inherit = 'xero.kind'
    _description = "Kind of Document in Xero: manual journal"

    _has_contact = False
    _has_quantities = False
    _is_proved = True
    _has_own_total = False
    _is_summed = None       # whether items of one account and tracking are one line
    _tag_letter = None      # one or more capital letters that no other kind of manual journal has
    _page = '{web}/Journal/View.aspx?invoiceID={id}'      # the parameter really has this name

    _xero_endpoint = 'ManualJournals'
    _xero_id = 'ManualJournalID'

    # === IN ODOO === #

    def _takes(self, move: models.BaseModel) -> bool:
        return not move._xero_makes_its_own()

    def _sources(self, exports: models.BaseModel, resolver: Resolver) -> dict:
        """Return a dict: export → sources of its lines, a list of (account, distribution, amount, text)."""
        raise NotImplementedError

    def _text(self, export: models.BaseModel) -> str:
        """Return the narration without the tag."""
        raise NotImplementedError

    # === CONSENT === #

    def _wanted_scopes(self, connection: models.BaseModel) -> list:
        # The broad permission for transactions covers manual journals
        return [SCOPE] if connection.app_id.scope_set == 'granular' and self._is_used(connection) else []

    def _is_used(self, connection: models.BaseModel) -> bool:
        """Return whether documents of this kind go through the connection at all, so that it needs the consent for them."""
        return bool(connection._ledger_journals((self._journal_mode,)))

    def _lacks_consent(self, connection: models.BaseModel) -> bool:
        """Return whether a new consent is needed before manual journals can be sent."""
        return connection.app_id.scope_set == 'granular' and bool(connection._not_granted([SCOPE]))

    # === THE QUEUE === #

    def _after_touch(self, exports: models.BaseModel) -> None:
        """Queue documents that had nothing to send and have amounts now."""
        exports.filtered(lambda export: export.skip_rule == 'empty' and self._desired_state(export) == 'present')._set_waiting()
        self._set_due_time(exports)

    # === BUILDING === #

    def _build(self, exports: models.BaseModel, resolver: Resolver) -> list:
        general = list(self._general_problems(exports.connection_id))
        sources = self._sources(exports, resolver)
        return [self._build_one(export, sources[export], resolver, general) for export in exports]

    def _build_one(self, export, sources, resolver, general):
        connection, lines = export.connection_id, JournalLines(sources, resolver, export, self._is_summed)
        element = {
            'Narration': self._narration(export),
            'Date': str(export.document_date),
            'LineAmountTypes': 'NoTax',
            'Status': connection.journals_status,
            'JournalLines': lines.elements,
        }
        if url := self._back_link(export):
            element['Url'] = url
        element = clean_element(element, TEXT_FIELDS)
        built = Payload(export, export.revision, element, lines.total, self._key(element))
        # Of the values in Odoo: a changed mapping must not rewrite journals that are in Xero
        built.digest = fingerprint([
            element['Narration'], element['Date'],
            [[account.id, distribution or None, amount, text] for account, distribution, amount, text in sources]])
        built.problems = [*general, *lines.problems]
        if connection.journals_status == 'POSTED':
            built.problems += self._lock_problems(connection, export.document_date, export.document_name)
        return built

    def _narration(self, export: models.BaseModel) -> str:
        tag = f' [{self._tag(export)}]'
        return shorten(self._text(export), NARRATION_LENGTH - len(tag)) + tag

    def _tag(self, export: models.BaseModel) -> str:
        return f'{export.connection_id.contact_prefix}{self._tag_letter}{export._document().id}'

    def _general_problems(self, connection: models.BaseModel) -> Iterator[Problem]:
        """Yield a `Problem` for each known reason that stops all manual journals of a connection."""
        if self._lacks_consent(connection):
            yield Problem('permission', connection._scope_words() or self.env._(
                "The consent for %(connection)s does not cover manual journals yet. Reauthenticate the connection: Xero then asks for this "
                "permission too, and the waiting journals are then sent automatically.", connection=connection._named()))
        elif (connection.actions or {}).get('CreateManualJournal') is False:
            yield Problem('permission', self.env._(
                "%(login)s may not enter manual journals in %(connection)s. Ask an adviser to give the permission to see reports in Xero, or let "
                "another Xero user reauthenticate the connection. Then resync.", login=connection._login_words(), connection=connection._named()))

    # === RECOGNITION === #

    def _key(self, element: dict) -> tuple:
        tag = _TAG.search(element.get('Narration') or '')
        return (tag[1] if tag else element.get('Narration'),)

    def _identity(self, element: dict, total: Decimal | float | str | None = None) -> tuple:
        return (*self._key(element), str(read_date(element, 'Date')))

    def _expected_identity(self, export: models.BaseModel, contact: models.BaseModel | None) -> tuple:
        return (self._tag(export), str(export.document_date))

    def _total_in(self, element: dict) -> Decimal | float | None:
        """Return the sum of the debits, None if the answer has no lines."""
        lines = element.get('JournalLines')
        return lines and sum(max(to_decimal(line.get('LineAmount') or 0), 0) for line in lines)

    # === THE JOURNAL IN XERO === #

    def _remote_params(self, xero_ids: list) -> dict:
        # Manual journals have no list filter for ids, and only pages contain lines (https://developer.xero.com/documentation/api/accounting/manualjournals)
        where = '||'.join(f'ManualJournalID==guid("{xero_id}")' for xero_id in xero_ids)
        return {'where': where, 'page': 1, 'pageSize': len(xero_ids)}

    def _is_gone(self, remote: dict) -> bool:
        return remote['Status'] in FINAL_STATUSES

    def _build_update(self, built: Payload, remote: dict) -> Payload | None:
        """Return the `Payload` that gives the journal in Xero the content that was built. It contains all lines, since they have no ids.

        The status does not change, because people post drafts in Xero.
        """
        if remote['Status'] not in ('DRAFT', 'POSTED'):
            return None
        element = {**built.element, 'Status': remote['Status'], self._xero_id: remote[self._xero_id]}
        return Payload(built.export, built.revision, element, built.total, remote[self._xero_id], built.digest)

    def _build_void(self, export: models.BaseModel, remote: dict) -> Payload | None:
        if remote['Status'] not in ('DRAFT', 'POSTED'):
            return None
        element = {
            self._xero_id: remote[self._xero_id], 'Narration': remote['Narration'],     # Xero requires it in each change
            'Status': 'DELETED' if remote['Status'] == 'DRAFT' else 'VOIDED'}
        return Payload(export, export.revision, element, to_decimal(export.xero_total), export.xero_id, export.digest or '')

    def _differing_parts(self, ours: dict, remote: dict) -> list:
        parts = [name for name in _TEXTS if name in ours and fold(ours[name]) != fold(remote.get(name))]
        if 'Date' in ours and read_date(ours, 'Date') != read_date(remote, 'Date'):
            parts.append('Date')
        if 'JournalLines' in ours and not self._are_lines_alike(ours['JournalLines'], remote.get('JournalLines') or []):
            parts.append('JournalLines')
        return parts

    def _content_parts(self, element: dict) -> dict:
        known = {name: fold(element[name]) for name in _TEXTS if element.get(name) is not None}
        if element.get('Date'):
            known['Date'] = read_date(element, 'Date')
        if lines := element.get('JournalLines'):
            known['JournalLines'] = sorted([
                json_number(to_decimal(line.get('LineAmount') or 0)), fold(line.get('Description')),
                line.get('AccountCode') or line.get('AccountID') or '', sorted(option or '' for option in tracked_options(line))] for line in lines)
        return {name: short_fingerprint(part) for name, part in known.items()}

    def _part_labels(self) -> dict:
        return {'Date': self.env._("date"), 'Narration': self.env._("text"), 'JournalLines': self.env._("lines")}

    def _readable(self, export: models.BaseModel, name: str, element: dict) -> list:
        if name == 'Date':
            return [format_date(self.env, read_date(element, name)) or '–']
        if name != 'JournalLines':
            return super()._readable(export, name, element)
        lines = sorted(element.get(name) or [], key=lambda line: line.get('AccountCode') or '')
        return [' '.join(filter(None, [
            line.get('AccountCode'), line.get('Description'), format_amount(self.env, float(line.get('LineAmount') or 0), export.currency_id),
        ])) for line in lines] or ['–']

    def _are_lines_alike(self, lines, remote_lines):
        """Return whether two journals have the same lines, in any order."""
        def by_content(line):
            return (to_decimal(line.get('LineAmount') or 0), fold(line.get('Description')), line.get('AccountCode') or '')
        return len(lines) == len(remote_lines) and all(
            by_content(line)[:2] == by_content(remote)[:2]
            and all(line[name] == remote.get(name) for name in ('AccountCode', 'AccountID') if name in line)
            and tracked_options(line) == tracked_options(remote)
            for line, remote in zip(sorted(lines, key=by_content), sorted(remote_lines, key=by_content)))


def item_text(*candidates):
    """Return the first text that is not empty, as the description of a line."""
    return first_text(candidates, DESCRIPTION_LENGTH)
