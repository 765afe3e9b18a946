"""What a person sees of the local Xero: the organisations, what they hold, and where deep links open."""
import io
import re
from urllib.parse import unquote

from flask import Blueprint, abort, redirect, render_template, request, send_file

from .api.online_invoice import code_of
from .api.settlement import allocation_ends
from .api.sorts import SORTS
from .state import current_sandbox

pages = Blueprint('pages', __name__)
GUID = re.compile(r'[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}')
KINDS = {
    'ACCREC': 'Invoice', 'ACCPAY': 'Bill', 'ACCRECCREDIT': 'Credit note', 'ACCPAYCREDIT': 'Supplier credit note',
    'RECEIVE-PREPAYMENT': 'Prepayment received', 'SPEND-PREPAYMENT': 'Prepayment made', 'RECEIVE-OVERPAYMENT': 'Overpayment received',
    'SPEND-OVERPAYMENT': 'Overpayment made',
}
KINDS_OF_LINKS = {'contacts': 'contacts/contact', 'journal': 'journal', 'bank': 'payment'}
ROWS_SHOWN = 200
SECTIONS = (
    ('Invoices', ('ACCREC',)), ('Bills', ('ACCPAY',)), ('Credit notes', ('ACCRECCREDIT',)), ('Supplier credit notes', ('ACCPAYCREDIT',)),
    ('Prepayments and overpayments', ('RECEIVE-PREPAYMENT', 'SPEND-PREPAYMENT', 'RECEIVE-OVERPAYMENT', 'SPEND-OVERPAYMENT')),
)


def _organisation(short_code):
    return current_sandbox().organisation_by_short_code(short_code) or abort(404)


@pages.app_template_filter('kind')
def kind(document):
    return KINDS[document['Type']]


@pages.app_template_filter('number')
def number(document):
    """:return: nothing for overpayments and the like, which have none by nature"""
    unnumbered = '' if '-' in document['Type'] else '(no number)'
    return document.get('InvoiceNumber') or document.get('CreditNoteNumber') or unnumbered


@pages.app_template_filter('identifier')
def identifier(document):
    return next(document[sort.id_key] for sort in SORTS.values() if sort.id_key in document)


@pages.app_template_filter('debits')
def debits(journal):
    return sum(line['LineAmount'] for line in journal['JournalLines'] if line['LineAmount'] > 0)


@pages.app_template_filter('amount')
def amount(value):
    return f'{value:,.2f}'


@pages.app_template_filter('short')
def short(value):
    """:return: a quantity or price without trailing zeros; nothing for a text line"""
    return f'{value:,f}'.rstrip('0').rstrip('.') if value else ''


@pages.get('/')
def home():
    return render_template('home.html', organisations=current_sandbox().organisations.values())


@pages.get('/organisation/<short_code>')
def organisation(short_code):
    found = _organisation(short_code)
    with found.lock:
        documents = [dict(row) for rows in found.documents.values() for row in rows.values()]
        journals = sorted(map(dict, found.journals.values()), key=lambda row: row['UpdatedDateUTC'], reverse=True)
        contacts = sorted(map(dict, found.contacts.values()), key=lambda row: row['Name'].casefold())
    documents.sort(key=lambda row: row['UpdatedDateUTC'], reverse=True)
    by_kind = [(title, [row for row in documents if row['Type'] in kinds]) for title, kinds in SECTIONS]
    sections = [(title, rows[:ROWS_SHOWN], len(rows)) for title, rows in by_kind]
    return render_template(
        'organisation.html', organisation=found, sections=sections, journals=journals[:ROWS_SHOWN], contacts=contacts[:ROWS_SHOWN])


@pages.get('/app/<short_code>/invoicing/view/<document_id>')
@pages.get('/app/<short_code>/document/<document_id>')
def document(short_code, document_id):
    found = _organisation(short_code)
    rows = next((rows for rows in found.documents.values() if document_id in rows), None) or abort(404)
    row = rows[document_id]
    allocations = []
    for allocation in row['_allocations']:
        credit, invoice = allocation_ends(found, allocation)
        allocations.append((allocation, credit if row is invoice else invoice))
    return render_template('document.html', organisation=found, document=row, allocations=allocations, **_beside(found, document_id))


def _beside(organisation, row_id):
    """:return: what any page shows of the files and notes on a document, journal or contact"""
    return {'row_id': row_id, 'attachments': organisation.attachments.get(row_id, []), 'notes': organisation.history.get(row_id, [])}


@pages.get('/app/<short_code>/journal/<journal_id>')
def journal(short_code, journal_id):
    found = _organisation(short_code)
    row = found.journals.get(journal_id) or abort(404)
    return render_template('journal.html', organisation=found, journal=row, **_beside(found, journal_id))


@pages.get('/app/<short_code>/file/<row_id>/<attachment_id>')
def file(short_code, row_id, attachment_id):
    """An attachment, as a download."""
    held = _organisation(short_code).attachments.get(row_id, [])
    found = next((row for row in held if row['AttachmentID'] == attachment_id), None) or abort(404)
    return send_file(io.BytesIO(found['_content']), found['MimeType'], as_attachment=True, download_name=found['FileName'])


@pages.get('/app/<short_code>/contacts/contact/<contact_id>')
def contact(short_code, contact_id):
    found = _organisation(short_code)
    row = found.contacts.get(contact_id) or abort(404)
    documents = [
        one for rows in found.documents.values() for one in rows.values() if one['Contact']['ContactID'] == contact_id]
    return render_template('contact.html', organisation=found, contact=row, documents=documents, **_beside(found, contact_id))


@pages.get('/app/<short_code>/payment/<row_id>')
def payment(short_code, row_id):
    """A payment, a batch payment or a bank transaction is shown with the document that it settles or made; plain money has no page."""
    found = _organisation(short_code)
    batch = found.batch_payments.get(row_id, {'_payments': [row_id]})
    payments = [found.payments[part]['_document'][1] for part in batch['_payments'] if part in found.payments]
    document_id = next(iter(payments), row_id)
    return redirect(f'/app/{short_code}/document/{document_id}')


@pages.get('/in/<code>')
def online_invoice(code):
    """Where ``OnlineInvoiceUrl`` leads: what the customer sees is the document's page here."""
    invoices = (
        (found, row) for found in current_sandbox().organisations.values() for row in list(found.documents['Invoices'].values()))
    found, row = next(((found, row) for found, row in invoices if code_of(row) == code), None) or abort(404)
    return redirect(f"/app/{found.short_code}/invoicing/view/{row['InvoiceID']}")


@pages.get('/Journal/View.aspx')
def journal_link():
    """Xero's link to a manual journal, which names no organisation: ``?invoiceID=…``, as the parameter is really called."""
    journal_id = request.args.get('invoiceID', '').lower()
    found = next((row for row in current_sandbox().organisations.values() if journal_id in row.journals), None) or abort(404)
    return redirect(f'/app/{found.short_code}/journal/{journal_id}')


@pages.get('/organisationlogin/default.aspx')
def classic():
    """Xero's older links: ``?shortcode=!x&redirecturl=/AccountsPayable/Edit.aspx?InvoiceID=…``."""
    found = _organisation(request.args.get('shortcode', ''))
    target = unquote(request.query_string.decode().partition('redirecturl=')[2])
    row_id = GUID.search(target)
    if not row_id:
        abort(404)
    kind = KINDS_OF_LINKS.get(target.lower().split('/')[1], 'document')
    return redirect(f'/app/{found.short_code}/{kind}/{row_id[0].lower()}')
