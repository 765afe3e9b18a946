"""The sandbox's replies against Xero's own specification, where that lies beside the repository."""
import os
import unittest
from functools import cache
from pathlib import Path

import yaml
from openapi_schema_validator import OAS30Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

from odoo.tests import tagged

from .sandbox_common import HARBOUR, SandboxCase

SPECIFICATION = Path(os.path.realpath(__file__)).parents[2] / 'shared' / 'xero' / 'openapi'
URI = 'urn:xero'


@cache
def schemas(name):
    """:return: a ``Registry`` that knows the specification's ``#/components``"""
    content = yaml.load((SPECIFICATION / name).read_text(), getattr(yaml, 'CSafeLoader', yaml.SafeLoader))
    return Registry().with_resource(URI, Resource(content, DRAFT4))


@tagged('post_install', '-at_install')
@unittest.skipUnless(SPECIFICATION.is_dir(), "Xero's specification (../shared/xero/openapi) is not beside this repository")
class TestSpecification(SandboxCase):

    def assert_fits(self, value, schema, specification='xero_accounting.yaml'):
        validator = OAS30Validator({'$ref': f'{URI}#/components/schemas/{schema}'}, registry=schemas(specification))
        self.assertEqual([f'{list(error.path)}: {error.message}' for error in validator.iter_errors(value)][:5], [])

    def test_settings(self):
        for path, schema in (
            ('/Organisation', 'Organisations'), ('/Organisation/Actions', 'Actions'), ('/Accounts', 'Accounts'),
            ('/TaxRates', 'TaxRates'), ('/Currencies', 'Currencies'), ('/TrackingCategories', 'TrackingCategories'),
            ('/BrandingThemes', 'BrandingThemes'),
        ):
            with self.subTest(path=path):
                self.assert_fits(self.get(path), schema)

    def test_documents_and_contacts(self):
        replies = {
            'Invoices': [
                self.invoice('A', CurrencyCode='USD', LineItems=[self.line(Tracking=[{'Name': 'Region', 'Option': 'North'}])]),
                self.invoice('A'), self.invoice('B', SentToContact=True, Status='DRAFT'), self.invoice('C', Type='ACCPAY'),
            ],
            'CreditNotes': [self.invoice(Type='ACCRECCREDIT', CreditNoteNumber='A', InvoiceNumber=None)],
            'Contacts': [{'Name': 'Acme', 'EmailAddress': 'a@example.com'}, {'Name': 'Acme'}],
        }
        for collection, elements in replies.items():
            with self.subTest(collection=collection):
                self.assert_fits({collection: self.put(collection, *elements)}, collection)
                self.assert_fits(self.get(f'/{collection}', page=1), collection)
                self.assert_fits(self.get(f'/{collection}'), collection)
        self.assert_fits(self.get('/Invoices', summaryOnly='true'), 'Invoices')

    def test_refusals(self):
        answer = self.api('PUT', '/Invoices', self.invoice(Type='ACCRECCREDIT'))
        self.assertEqual(answer.status_code, 400)
        self.assert_fits(answer.json, 'Error')

    def test_every_key_is_known(self):
        """What the specification does not name is listed here, so that nothing slips in unseen."""
        invoice = self.put('Invoices', self.invoice())[0]
        known = schemas('xero_accounting.yaml').contents(URI)['components']['schemas']
        extra = {'DateString', 'DueDateString'}
        self.assertEqual(invoice.keys() - known['Invoice']['properties'].keys() - extra, set())
        credit = self.put('CreditNotes', self.invoice(Type='ACCRECCREDIT', InvoiceNumber=None))[0]
        self.assertEqual(credit.keys() - known['CreditNote']['properties'].keys() - extra, set())
        self.assertEqual(invoice['LineItems'][0].keys() - known['LineItem']['properties'].keys(), set())
        self.assertEqual(invoice['Contact'].keys() - known['Contact']['properties'].keys(), set())
        account = self.get('/Accounts')['Accounts'][0]
        self.assertEqual(account.keys() - known['Account']['properties'].keys(), set())

    def test_connections(self):
        token = self.log_in(tenants=[HARBOUR])
        for connection in self.client.get('/connections', headers={'Authorization': f"Bearer {token['access_token']}"}).json:
            self.assert_fits(connection, 'Connection', 'xero-identity.yaml')
