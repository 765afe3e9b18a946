"""What other people do to an organisation: on Xero's own screens, or with another app. Levers, like those in ``levers``."""
from datetime import date
from decimal import Decimal

from flask import Blueprint, Response, abort, jsonify, request
from werkzeug.exceptions import HTTPException

from .api import shapes
from .api.dispatch import Call, content
from .api.document_rules import FINAL
from .api.errors import PlainText, Refusal
from .api.payments import Payments
from .api.settlement import settle
from .api.sorts import SORTS
from .api.texts import without_emoji
from .apps import App
from .levers import decimals, organisation_of, refused
from .state import User, current_sandbox, stable_id

somebody = Blueprint('somebody', __name__, url_prefix='/sandbox/organisations/<tenant_id>')
somebody.register_error_handler(HTTPException, refused)
RIGHTS = {'approve', 'adviser', 'reports'}


def _call(organisation):
    """:return: a call by a person who may do everything, who is known to no app and counted by no limit"""
    sandbox = current_sandbox()
    person = User(stable_id('somebody'), 'Somebody', 'at Xero', 'somebody@example.com', set(RIGHTS))
    app = App(sandbox, 'xero')
    app.name = 'Xero'
    return Call(sandbox, app, person, organisation, sandbox.clock.now())


@somebody.route('/in-xero/<path:path>', methods=['GET', 'PUT', 'POST', 'DELETE'])
def in_xero(tenant_id, path):
    """Any call of the Accounting API, without a token, as a person at Xero does it: pay, edit, void, renumber, allocate, make documents.

    All rules hold. The reply is JSON, without the envelope of the API; what is refused is 400 with the reasons.
    """
    organisation = organisation_of(tenant_id)
    with organisation.lock:
        try:
            done = content(_call(organisation), path)
        except PlainText as refusal:
            return {'error': refusal.text}, refusal.status
        except Refusal as refusal:
            return jsonify(refusal.as_dict()), refusal.status
    return done if isinstance(done, Response) else jsonify(done)


@somebody.post('/payments/<payment_id>')
def reconcile(tenant_id, payment_id):
    """``IsReconciled``: a payment, a batch payment with everything in it, or a bank transaction is matched with a bank line or not any more."""
    organisation, wanted = organisation_of(tenant_id), bool(request.get_json()['IsReconciled'])
    with organisation.lock:
        held = (organisation.payments, organisation.batch_payments, organisation.bank_transactions)
        row = next((rows[payment_id] for rows in held if payment_id in rows), None) or abort(404)
        now = current_sandbox().clock.now()
        for one in (row, *(organisation.payments[part] for part in row.get('_payments', []))):
            one |= {'IsReconciled': wanted, 'UpdatedDateUTC': now}
        return shapes.jsonable(row)


@somebody.post('/documents/<document_id>')
def alter_document(tenant_id, document_id):
    """Alter a document or journal past all rules, with Xero's own keys; day values as ``YYYY-MM-DD``.

    ``paid``: so much is paid in all, by one payment from the first bank account. A voided prepayment or overpayment takes its bank
    transaction with it, which the API cannot do.
    """
    organisation, values = organisation_of(tenant_id), decimals(request.get_json())
    with organisation.lock:
        document = _document(organisation, document_id)
        call = _call(organisation)
        if 'paid' in values:
            _pay(call, document, Decimal(values.pop('paid')))
        for name in shapes.DAY_TWINS & values.keys():
            values[name] = date.fromisoformat(values[name])
        document |= values | {'UpdatedDateUTC': call.now}
        if document['Status'] in FINAL and 'Total' in document:
            document['AmountDue'] = Decimal(0)
            if document_id in organisation.bank_transactions:   # a prepayment or overpayment has the id of its transaction
                organisation.bank_transactions[document_id] |= {'Status': 'VOIDED', 'UpdatedDateUTC': call.now}
        elif 'Total' in document:
            settle(document, organisation.today(call.now))
        return shapes.jsonable(document, 4)


def _document(organisation, document_id):
    held = [*organisation.documents.values(), organisation.journals]
    return next((rows[document_id] for rows in held if document_id in rows), None) or abort(404)


def _pay(call, document, amount):
    """One payment of ``amount`` instead of all that the document has."""
    payments, organisation = Payments(call), call.organisation
    sort = next(sort for sort in SORTS.values() if sort.id_key in document)
    for payment in document['_payments']:
        payments.remove(payment)
    if amount:
        account = next(row for row in organisation.accounts if row['Type'] == 'BANK' and row['Status'] == 'ACTIVE')
        rate = document['CurrencyRate']
        payments.create(document, sort, account, {
            'Amount': amount, 'Date': organisation.today(call.now), 'CurrencyRate': rate, 'BankAmount': round(amount / rate, 2)})


@somebody.post('/documents/<document_id>/saved-on-screen')
def save_on_screen(tenant_id, document_id):
    """Somebody opens a document on Xero's own screens and saves it as it is: emoji go, the time of change moves."""
    organisation = organisation_of(tenant_id)
    with organisation.lock:
        document = _document(organisation, document_id)
        for part, name in [(document, 'Reference'), (document, 'Narration'), *(
                (line, 'Description') for line in document.get('LineItems') or document.get('JournalLines') or [])]:
            if part.get(name):
                part[name] = without_emoji(part[name]).strip()
        document['UpdatedDateUTC'] = current_sandbox().clock.now()
        return shapes.jsonable(document, 4)
