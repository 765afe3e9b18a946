"""The address at which a customer reads an invoice online."""
import hashlib

from flask import request

from .errors import not_found, not_implemented

APPROVED = ('AUTHORISED', 'PAID')


def code_of(invoice):
    """:return: what the address of an invoice ends in, always the same and not to be guessed from its number"""
    return hashlib.sha256(f"online/{invoice['InvoiceID']}".encode()).hexdigest()[:40]


def answer(call, route, invoice):
    """``…/Invoices/{id}/OnlineInvoice``; :return: what the reply holds

    :raise PlainText: 404 for bills and for what is not approved: documented is only that drafts have none
    """
    if request.method != 'GET' or route.part_key:
        raise not_implemented()
    if invoice['Type'] != 'ACCREC' or invoice['Status'] not in APPROVED:
        raise not_found()
    return {'OnlineInvoices': [{'OnlineInvoiceUrl': f'{request.host_url}in/{code_of(invoice)}'}]}
