import json
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from odoo import models
from odoo.fields import Domain
from odoo.tools import SQL, format_amount

from ...const import NUMBER_LENGTH, RATE_DIGITS, REFERENCE_LENGTH, TEXT_FIELDS
from ...tools.problem import Problem
from ...tools.xero_elements import read_date
from ...tools.xero_money import fingerprint, json_number, round_half_up, short_fingerprint, to_decimal
from ...tools.xero_text import clean_element, clean_line, fold, printable_ascii, shorten
from ..export.xero_export_state import STILL_UNDER_WAY
from ..mapping.resolver import Resolver
from .missed_moves import invoice_values, queue_missed, recent_writes_of_moves
from .xero_document_lines import DocumentLines
from .xero_document_parts import is_nothing, tracked_options
from .xero_kind_helper import link_key
from .xero_payload import Payload

# Items of a document that Xero creates itself or does not need
_NOT_SENT = ('payment_term', 'cogs')
# The fields of items from which documents are built, if the tax engine is not needed
_LINE_FIELDS = (
    'move_id', 'sequence', 'display_type', 'name', 'product_id', 'quantity', 'price_unit', 'discount', 'account_id', 'tax_ids', 'tax_line_id',
    'price_subtotal', 'price_total', 'amount_currency', 'analytic_distribution')


@dataclass(frozen=True)
class DocumentPolicy:
    """The policies of a connection for documents of one kind.

    `use` is `sale` or `purchase` and selects the mapping of taxes. `status` is the status of new documents. `allows_discount`: lines may have
    a `DiscountRate`. `is_single`: each line has quantity 1 and its total as price, and the quantity is in its text. `rate_tolerance` is the
    percentage by which the rounding of a currency rate may change a value. `item_codes`: product → code. `is_refused`: the Xero user may not approve.
    """
    use: str
    status: str
    allows_discount: bool
    is_single: bool
    rate_tolerance: Decimal
    item_codes: dict
    is_refused: bool


class XeroKindDocument(models.AbstractModel):
    """The common base of invoices, bills and both kinds of credit notes: an `account.move` with lines."""
    _name = 'xero.kind.document'
    _inherit = 'xero.kind.items'
    _description = "Kind of Document in Xero: with lines"

    _journal_path = 'move_id.journal_id'
    _journal_mode = 'document'
    _main_file = 'attachment'

    _write_params = {'summarizeErrors': 'false', 'unitdp': '4'}     # prices with four decimals
    _has_discount = False   # credit notes have none, bills neither
    _has_url = False
    _approve_action = None  # of Organisation/Actions

    # === IN ODOO === #

    def _prepare_document(self, document: models.BaseModel) -> dict:
        return {'company_id': document.company_id.id, 'kind': self._kind_name(), 'move_id': document.id, **invoice_values(document)}

    def _queue_missed(self, slice, limit: int) -> int:
        journals = slice.journals.filtered(lambda journal: journal._xero_mode() == 'document')
        return queue_missed(slice, self, Domain([
            ('journal_id', 'in', journals.ids), ('move_type', 'in', self._exported_move_types(slice.connection))]), limit)

    def _recent_writes(self, since: datetime | None) -> SQL | None:
        return recent_writes_of_moves(since)

    # === BUILDING === #

    def _build(self, exports: models.BaseModel, resolver: Resolver) -> list:
        connection = exports.connection_id
        contacts = self.env['xero.contact']._match(connection, connection._partners_of(exports.move_id))
        # One query for all lines, without the many columns that are not used
        rows = self.env['account.move.line'].search_fetch([('move_id', 'in', exports.move_id.ids)], _LINE_FIELDS, order='id')
        policy = self._policy(connection, self._item_codes(connection, rows))
        return [self._build_one(export, resolver, policy, contacts.get(connection._partner_of(export.move_id))) for export in exports]

    def _policy(self, connection, item_codes):
        """Return the policies of a connection for documents of this kind, see `DocumentPolicy`."""
        return DocumentPolicy(
            use='sale' if self._is_sale else 'purchase',
            status=self._status(connection),
            allows_discount=self._has_discount,
            is_single=connection.quantity_policy == 'total',
            rate_tolerance=to_decimal(connection.rate_tolerance),
            item_codes=item_codes,
            is_refused=self._status(connection) == 'AUTHORISED' and (connection.actions or {}).get(self._approve_action) is False,
        )

    def _build_one(self, export, resolver, policy, contact):
        move = export.move_id.with_company(export.company_id)
        connection = export.connection_id
        lines = DocumentLines(move, resolver, policy)
        built = Payload(export, export.revision, total=lines.total, problems=lines.problems)
        header = {
            'Type': self._xero_type,
            'Contact': {'ContactID': contact.xero_id if contact else None},
            self._xero_number: self._number(move),
            'Date': str(self._date(connection, move)),
            'LineAmountTypes': 'Exclusive',
            'CurrencyCode': move.currency_id.name,
            'Status': policy.status,
            'LineItems': lines.elements,
            **self._prepare_due_date_and_reference(connection, move),
            **self._prepare_presentation(export, move),
        }
        if move.currency_id != connection.currency_id:
            header['CurrencyRate'] = self._rates(move)[1]
        if self._has_url and (url := self._back_link(export)):
            header['Url'] = url
        built.element = clean_element({name: value for name, value in header.items() if value not in (None, False, '')}, TEXT_FIELDS)
        stored = self._stored(move, lines.items)
        built.digest, built.parts = fingerprint(stored), self._stored_parts(*stored)
        built.key = self._key(built.element)
        built.problems = [*lines.problems, *self._header_problems(export, move, contact, built, policy)]
        built.warnings = [*self._warnings(export, move), *self._rate_warnings(export, move, built)]
        return built

    def _stored(self, move, items):
        """Return the stored values by which a change of the document in Odoo is noticed: a list of header, lines and taxes.

        Policies, mappings and tax definitions are not among them: their changes apply to later documents, and must not rewrite documents
        that are in Xero.

        :param items: the items of the document, in their order.
        """
        header = [
            move.move_type, self._stored_number(move), move.invoice_date, move.date, move.invoice_date_due,
            self._is_sale and self._stored_reference(move)[:REFERENCE_LENGTH],
            move.partner_id.id, move.commercial_partner_id.id, move.currency_id.name, move.invoice_currency_rate]
        lines, taxes = [], []
        for line in items:
            if tax := line.tax_line_id:
                taxes.append([tax.id, line.account_id.id, line.amount_currency])
            elif line.display_type not in _NOT_SENT:
                lines.append([
                    line.display_type, line.name, line.product_id.id, line.quantity, line.price_unit, line.discount, line.account_id.id,
                    sorted(line.tax_ids.ids), line.price_subtotal, line.price_total, line.amount_currency, line.analytic_distribution or None])
        return [header, lines, sorted(taxes)]

    def _stored_parts(self, header, lines, taxes):
        """Return a dict: part of the element or of its lines → fingerprint of the values stored in Odoo."""
        _type, number, invoice_date, date, due, reference, partner, commercial, currency, rate = header
        parts = {
            'Contact': [partner, commercial], self._xero_number: number, 'Date': [invoice_date, date], 'DueDate': due, 'Reference': reference,
            'CurrencyCode': currency, 'CurrencyRate': rate,
            'Description': [line[:3] for line in lines], 'UnitAmount': [[*line[3:6], *line[8:11]] for line in lines],
            'AccountCode': [line[6] for line in lines], 'TaxType': [[line[7] for line in lines], taxes], 'Tracking': [line[11] for line in lines],
        }
        return {name: short_fingerprint(part) for name, part in parts.items()}

    def _prepare_due_date_and_reference(self, connection, move):
        """Return due date and reference, for the kinds that have them."""
        return {}

    def _warnings(self, export, move):
        """Yield, for people, sentences about a document that do not stop it."""
        yield from self._theme_warnings(export, move)

    def _number_field(self, move: models.BaseModel) -> str | None:
        return 'name'

    def _stored_number(self, move):
        """Return the number that a document has in Odoo."""
        return move[self._number_field(move)]

    def _number(self, move: models.BaseModel) -> str:
        """Return the number that a document gets in Xero, where runs of spaces become one."""
        return ' '.join(filter(None, (self._stored_number(move) or '').split(' ')))

    def _date(self, connection: models.BaseModel, move: models.BaseModel) -> date:
        """Return the date of the document in Xero."""
        return move.invoice_date or move.date

    def _status(self, connection: models.BaseModel) -> str:
        return connection.sales_status if self._is_sale else connection.bills_status

    def _stored_reference(self, move):
        """Return the reference that a document has in Odoo."""
        return move.ref or move.payment_reference or ''

    def _reference(self, move):
        return clean_line(move.ref, REFERENCE_LENGTH) or clean_line(move.payment_reference, REFERENCE_LENGTH)

    def _line_join(self, mapping: models.BaseModel) -> SQL | None:
        if mapping.use and mapping.use != ('sale' if self._is_sale else 'purchase'):
            return None
        return SQL("JOIN account_move_line line ON line.move_id = export.move_id AND line.display_type NOT IN %s", _NOT_SENT)

    # === PRE-FLIGHT === #

    def _header_problems(self, export, move, contact, built, policy):
        """Yield a `Problem` for each expected refusal, by the cached reference data."""
        connection = export.connection_id
        if contact and (problem := contact._problem()):
            yield problem
        yield from self._number_problems(move)
        yield from self._date_problems(connection, move)
        yield from self._currency_problems(connection, move, built, policy)
        if policy.is_refused:
            yield Problem('permission', self.env._(
                "%(login)s may not approve %(document)s in %(connection)s. Ask an adviser to give the permission in Xero, let another Xero user "
                "reauthenticate, or let such documents arrive as drafts (on the form of the connection). Then resync.",
                login=connection._login_words(), document=move._xero_name(), connection=connection._named()),
                kind=self.env._("that the Xero user may not approve"))
        yield from self._total_problems(move, built)

    def _total_problems(self, move, built):
        # Lines that are left out already carry a problem
        if any(problem.cause == 'amount' for problem in built.problems):
            return
        if built.total != round_half_up(to_decimal(move.amount_total)):
            yield Problem('amount', self.env._(
                "%(document)s would total %(theirs)s in Xero, but totals %(ours)s in Odoo, so it was not sent. Check whether its taxes were changed "
                "since it was posted; reset it to draft and confirm it again, or enter it in Xero by hand and skip it here.",
                document=move._xero_name(), theirs=format_amount(self.env, float(built.total), move.currency_id),
                ours=format_amount(self.env, move.amount_total, move.currency_id)), kind=self.env._("whose total would differ in Xero"))

    def _number_problems(self, move):
        number = self._number(move) or ''
        if number != printable_ascii(number, NUMBER_LENGTH):
            yield Problem('number', self.env._(
                "In Xero, a number has up to %(limit)s plain letters, digits and signs, and “%(number)s” of %(document)s does not fit. "
                "Change it on the document, then resync.",
                limit=NUMBER_LENGTH, number=shorten(number, 60), document=move._xero_name()), kind=self.env._("whose number does not fit in Xero"))

    def _date_problems(self, connection, move):
        if self._status(connection) == 'AUTHORISED':
            yield from self._lock_problems(connection, self._date(connection, move), move._xero_name())

    def _currency_problems(self, connection, move, built, policy):
        if move.currency_id == connection.currency_id:
            return
        if connection.currency_codes is not False and move.currency_id.name not in (connection.currency_codes or []):
            yield Problem('currency', self.env._(
                "%(organisation)s does not use the currency %(currency)s yet. Add it in Xero (Settings, Currencies), then resync %(document)s.",
                organisation=connection.organisation_name, currency=move.currency_id.name, document=move._xero_name()),
                kind=self.env._("in a currency that Xero does not use yet"))
        rate, rounded = self._rates(move)
        if not rounded:
            yield Problem('currency', self.env._(
                "Xero keeps six decimals of a rate, so the rate %(rate)s of %(document)s would be 0. "
                "Enter the document in Xero by hand and skip it here.", rate=json_number(rate), document=move._xero_name()),
                kind=self.env._("whose exchange rate Xero would round too much"))
        elif self._rate_gap(move, built) > abs(built.total / rate) * policy.rate_tolerance / 100:
            yield Problem('currency', self.env._(
                "Xero keeps six decimals of the rate %(rate)s, so the value of %(document)s in %(base)s would change from %(ours)s to %(theirs)s: "
                "more than the %(share)s %% that the connection %(name)s allows. Give the document a rate of six decimals in Odoo, such as "
                "%(rounded)s, then resync.",
                share=json_number(round_half_up(policy.rate_tolerance, 3)), name=connection.name,
                rounded=json_number(rounded), **self._rate_words(move, built)), kind=self.env._("whose exchange rate Xero would round too much"))

    def _rates(self, move):
        """Return the rate of a document in Odoo, and the rate rounded as Xero stores it."""
        rate = to_decimal(move.invoice_currency_rate)
        return rate, round_half_up(rate, RATE_DIGITS)

    def _rate_gap(self, move, built):
        """Return the amount by which Xero's rounded rate changes the value in the organisation's currency; 0 for up to a cent."""
        rate, rounded = self._rates(move)
        gap = abs(built.total / rounded - built.total / rate) if rounded else Decimal(0)
        return gap if gap > Decimal('0.01') else Decimal(0)

    def _rate_words(self, move, built):
        rate, rounded = self._rates(move)
        base = move.company_id.currency_id
        return {
            'rate': json_number(rate), 'document': move._xero_name(), 'base': base.name,
            'ours': format_amount(self.env, abs(move.amount_total_signed), base), 'theirs': format_amount(self.env, float(built.total / rounded), base)}

    def _rate_warnings(self, export, move, built):
        """Yield a sentence if the rounded rate gives the document another value in Xero."""
        if move.currency_id != export.connection_id.currency_id and self._rate_gap(move, built):
            yield self.env._(
                "Xero keeps six decimals of the rate %(rate)s, so %(document)s is worth %(theirs)s there and %(ours)s in Odoo.",
                **self._rate_words(move, built))

    # === ORDER === #

    def _prerequisites(self, exports: models.BaseModel) -> dict:
        """Wait for the void of the document that has the same number in Xero."""
        found = super()._prerequisites(exports)
        holders = self.env['xero.export'].search([
            ('connection_id', 'in', exports.connection_id.ids), ('operation', '=', 'void'), ('state', 'in', STILL_UNDER_WAY),
            ('kind', '=', exports[0].kind), ('document_name', 'in', exports.move_id.mapped('name'))])
        by_number = {(holder.connection_id, holder.document_name): holder for holder in holders} if self._is_sale else {}
        for export in exports:
            if holder := by_number.get((export.connection_id, export.move_id.name)):
                found[export] = holder
        return found

    def _change_prerequisites(self, exports: models.BaseModel) -> dict:
        """Return dependants that are undone in Odoo: Xero must undo them, too, before their documents are changed or voided."""
        return {**super()._change_prerequisites(exports), **exports._dependants_to_undo()}

    def _explain_refusal(self, export: models.BaseModel, cause: str, names: dict) -> str:
        """Name the contact, which must be corrected in Xero if it exists there, else in Odoo."""
        if cause == 'contact' and export.move_id:
            export = export.sudo()
            partner = export._contact_partner()
            contact = self.env['xero.contact'].sudo().search(
                [('connection_id', '=', export.connection_id.id), ('partner_id', '=', partner.id)], limit=1)
            names = {**names, 'partner': partner.display_name or self.env._("the partner"), **({'contact': contact.name} if contact else {})}
        return super()._explain_refusal(export, cause, names)

    def _candidate(self, export, elements):
        if not export.move_id:
            return False
        connection = export.connection_id
        contact = self.env['xero.contact']._match(connection, connection._partners_of(export.move_id)).get(connection._partner_of(export.move_id))
        candidates = [self._remembered(export, element, contact and contact.xero_id) for element in elements]
        return next((candidate for candidate in candidates if candidate['agrees']), candidates[0])

    def _remembered(self, export, element, contact_xero_id):
        """Return what is remembered of a document in Xero that may hold the number of ours, and whether the two are the same.

        :param dict element: Xero's document.
        :param str contact_xero_id: our contact in Xero.
        """
        differs = self._link_obstacles(export, element, contact_xero_id)
        return {
            self._xero_id: element[self._xero_id],
            self._xero_number: element.get(self._xero_number),
            'Status': element.get('Status'),
            'UpdatedDateUTC': element.get('UpdatedDateUTC'),
            'Total': float(element.get('Total') or 0),
            'contact': (element.get('Contact') or {}).get('Name'),
            'date': str(read_date(element, 'Date') or ''),
            'currency': element.get('CurrencyCode'),
            'differs': differs,
            'agrees': not differs,
        }

    def _link_obstacles(self, export, element, contact_xero_id):
        """Return why a document in Xero that has the number of ours cannot be linked to it: a list of words, empty if it is the same.

        :param dict element: Xero's document.
        :param str contact_xero_id: our contact in Xero.
        """
        move = export.move_id
        agreements = {
            'type': element.get('Type') == self._xero_type,
            'status': element.get('Status') not in ('VOIDED', 'DELETED'),
            'contact': (element.get('Contact') or {}).get('ContactID') == contact_xero_id,
            'date': read_date(element, 'Date') == self._date(export.connection_id, move),
            'currency': element.get('CurrencyCode') == move.currency_id.name,
            'total': round_half_up(to_decimal(element.get('Total') or 0)) == round_half_up(to_decimal(move.amount_total)),
            'link': self._is_back_link(export, element),
        }
        obstacles = [name for name, agrees in agreements.items() if not agrees]
        return obstacles or (['taken'] if export._is_taken(element[self._xero_id]) else [])

    # === RECOGNITION === #

    def _base_total_in(self, element: dict) -> Decimal | float | None:
        rate = to_decimal(element.get('CurrencyRate') or 0)
        # Documents in the base currency have the rate 1
        return round_half_up(to_decimal(self._total_in(element) or 0) / rate) if rate else None

    def _key(self, element: dict) -> tuple:
        return (element.get('Type'), fold(element.get(self._xero_number)))

    def _identity(self, element: dict, total: Decimal | float | str | None = None) -> tuple:
        if total is None:
            total = element.get('Total') or 0
        return (*self._key(element), str(read_date(element, 'Date')), round_half_up(to_decimal(total)))

    def _link_identity(self, element: dict, total: Decimal | float | str | None = None) -> tuple | None:
        link = link_key(element.get('Url'))
        return link and (link, *self._identity({**element, self._xero_number: ''}, total))

    def _saved_warnings(self, export: models.BaseModel, element: dict, frozen: dict) -> list:
        """Compare the tracking in the answer with the tracking sent: Xero drops unusable tracking without a message."""
        if not frozen.get('is_tracked') or 'LineItems' not in element:
            return []
        sent = json.loads(export.sent_element or '{}').get('LineItems', [])
        dropped = [
            line.get('Description') for line, stored in zip(sent, element['LineItems'])
            if tracked_options(line) != tracked_options(stored) and not is_nothing(stored)]
        return [self.env._(
            "Xero left out the tracking of %(count)s lines, the first of them “%(line)s”. Choose it there, and check the categories of "
            "%(connection)s.", count=len(dropped), line=dropped[0], connection=export.connection_id.name)] if dropped else []

    def _expected_identity(self, export: models.BaseModel, contact: models.BaseModel | None) -> tuple:
        """Return the identity that the document has in Xero if it is there, without building its lines."""
        move = export.move_id
        return self._identity({
            'Type': self._xero_type,
            'Contact': {'ContactID': contact.xero_id if contact else None},
            self._xero_number: self._number(move),
            'Date': str(self._date(export.connection_id, move)),
        }, total=move.amount_total)
