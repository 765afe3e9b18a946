from odoo.tests import tagged

from .sandbox_common import ADVISER, HARBOUR, HINTERLAND, NORTHGATE, SandboxCase

LOCKED_PERIOD = 'The document date cannot be before the period lock date, currently set at 30-Jun-2025'
LOCKED_YEAR = 'The document date cannot be before the end of year lock date, currently set at 30-Jun-2024'


class DocumentCase(SandboxCase):

    def bill(self, number='B1', **values):
        return self.invoice(number, Type='ACCPAY', LineItems=[self.line(AccountCode='400', TaxType='INPUT')]) | values

    def change(self, document, status=200, **values):
        """POST changes of one document; :return: the element, or the messages if it was refused"""
        answer = self.api('POST', f"/Invoices/{document['InvoiceID']}", values)
        self.assertEqual(answer.status_code, status, answer.text)
        return answer.json['Invoices'][0] if status == 200 else self.messages(answer.json['Elements'][0])


@tagged('post_install', '-at_install')
class TestCreation(DocumentCase):

    def test_header_rules(self):
        cases = [
            ({'Type': None}, 'Invoice not of valid type for creation'),
            ({'Type': 'ACCRECCREDIT'}, 'Invoice not of valid type for creation'),
            ({'Status': 'PAID'}, 'Invoice not of valid status for creation'),
            ({'Status': 'VOIDED'}, 'Invoice not of valid status for creation'),
            ({'LineItems': []}, 'One or more line items must be specified'),
            ({'DueDate': None}, 'The document DueDate field must be specified.'),
            ({'CurrencyCode': 'JPY'}, 'Organisation is not subscribed to currency JPY'),
            ({'CurrencyCode': 'USD', 'CurrencyRate': 0}, 'A currency rate must be specified'),
            ({'Total': 109.99}, 'The document total does not equal the sum of the lines.'),
            ({'Url': 'https://odoo.example.com/xero/1'}, 'The Url field is not a valid URL.'),
            ({'InvoiceNumber': 'x' * 256}, 'Invoice number must be at most 255 printable characters.'),
            ({'Contact': None}, 'A Contact must be specified for this type of transaction'),
            ({'Contact': {'Name': ''}}, 'Paid to name cannot be empty.'),
            ({'Contact': {'EmailAddress': 'a@example.com'}},
             'The Contact must contain at least 1 of the following elements to identify the contact: Name, ContactID, ContactNumber'),
        ]
        for values, message in cases:
            with self.subTest(message=message):
                self.assert_refused(self.invoice('N', **values), message)
        self.assertFalse(self.sandbox.organisations[HARBOUR].contacts, "a refused document makes no contact")

    def test_line_rules(self):
        cases = [
            ({'Description': ''}, 'The description field is mandatory for each line item.'),
            ({'Quantity': -1}, "The quantity value '-1.0000' is invalid. Quantity must not be less than zero."),
            ({'LineAmount': 99.99}, 'The line total 99.99 does not match the expected line total 100.00'),
            ({'AccountCode': None}, 'Account code or ID must be specified'),
            ({'AccountCode': '999'}, "Account code '999' is not a valid code for this document."),
            ({'AccountCode': '090'}, "Account code '090' is not a valid code for this document."),
            ({'AccountCode': '610'}, "Account code '610' is not a valid code for this document."),
            ({'AccountCode': '400'}, "The TaxType code 'OUTPUT' cannot be used with account code '400'."),
            ({'TaxType': 'INPUT'}, "The TaxType code 'INPUT' cannot be used with account code '200'."),
            ({'TaxType': 'GST on Income'},
             'The TaxType code GST on Income does not exist or cannot be used for this type of transaction.'),
            ({'TaxAmount': 101}, 'The tax amount cannot be greater than the line amount!'),
            ({'ItemCode': 'BEANS'}, "Item code 'BEANS' is not valid"),
            ({'DiscountAmount': 0, 'UnitAmount': -5},
             "The discount rate '0.00' is invalid. Discount must not be greater than the line total."),
            ({'UnitAmount': -50}, 'The Total for this document must be greater than or equal to zero.'),
        ]
        for values, message in cases:
            with self.subTest(message=message):
                self.assert_refused(self.invoice('N', LineItems=[self.line(**values)]), message)

    def test_a_price_that_rounds_to_nothing(self):
        vanishing = ({'UnitAmount': 0.001}, {'Quantity': 1, 'UnitAmount': 0.01, 'DiscountRate': 60}, {'Quantity': 0.0001, 'UnitAmount': -5})
        for index, values in enumerate(vanishing):
            with self.subTest(values):
                [refused] = self.put('Invoices', self.invoice(f'N{index}', LineItems=[self.line(), self.line(**values)]), unitdp=4)
                self.assertEqual(self.messages(refused), ['Account must be valid.', 'Tax rate must be valid.'])
        for number, values in (('A', {'UnitAmount': 0}), ('B', {'Quantity': 0}), ('C', {'DiscountRate': 100})):
            with self.subTest(values):
                self.assert_saved(self.invoice(number, LineItems=[self.line(), self.line(**values)]))

    def test_archived_account(self):
        self.tenant = HINTERLAND
        self.assert_refused(
            self.invoice(LineItems=[self.line(AccountCode='420', TaxType='INPUT')]),
            "Account code '420' has been archived, or has been deleted. Each line item must reference a valid account.")

    def test_a_draft_may_be_unfinished(self):
        draft = self.invoice(Status='DRAFT', DueDate=None, LineItems=[{'UnitAmount': 5}])
        self.assertEqual(self.assert_saved(draft)['Total'], 5.0)

    def test_numbers(self):
        self.assert_saved(self.invoice('A'))
        self.assert_refused(self.invoice('A'), 'Invoice # must be unique.')
        self.assert_saved(self.bill('A'))
        self.assert_saved(self.bill('A'))
        self.assertEqual(self.assert_saved(self.invoice(None))['InvoiceNumber'], 'INV-0001')
        credit = {'Type': 'ACCRECCREDIT', 'InvoiceNumber': None, 'CreditNoteNumber': 'A'}
        self.assert_saved(self.invoice(**credit), 'CreditNotes')
        self.assert_refused(self.invoice(**credit), 'Credit note # must be unique.', 'CreditNotes')

    def test_lock_dates(self):
        self.tenant = HINTERLAND
        self.assert_refused(self.invoice(Date='2025-06-30'), LOCKED_PERIOD)
        self.assert_refused(self.invoice(Date='2024-06-30'), LOCKED_YEAR)
        self.assert_saved(self.invoice(Date='2025-06-30', Status='DRAFT'))
        self.log_in(ADVISER)
        self.assert_saved(self.invoice('A', Date='2025-06-30'))
        self.assert_refused(self.invoice('B', Date='2024-06-30'), LOCKED_YEAR)

    def test_approval(self):
        self.client.post(f'/sandbox/organisations/{HARBOUR}', json={'approve_limit': {'sales': 1, 'bills': 5}})
        self.assert_saved(self.invoice('A'))
        self.assert_refused(self.invoice('B'), 'You have reached the limit of invoices you can approve')
        self.assert_saved(self.invoice('B', Status='DRAFT'))
        self.assert_saved(self.bill())

    def test_zero_total_is_paid_at_once(self):
        self.assertEqual(self.assert_saved(self.invoice(LineItems=[self.line(UnitAmount=0)]))['Status'], 'PAID')

    def test_warning(self):
        element = self.assert_saved(self.invoice(Status='DRAFT', SentToContact=True))
        self.assertEqual(element['StatusAttributeString'], 'WARNING')
        self.assertEqual(element['Warnings'][0]['Message'], 'Only AUTHORISED invoices may have SentToContact updated.')

    def test_reference_is_for_sales(self):
        self.assertEqual(self.assert_saved(self.invoice(Reference='PO 1'))['Reference'], 'PO 1')
        self.assertNotIn('Reference', self.assert_saved(self.bill(Reference='PO 1')))

    def test_currency(self):
        given = self.assert_saved(self.invoice('A', CurrencyCode='USD', CurrencyRate=0.6512345))
        self.assertEqual(given['CurrencyRate'], 0.651235)
        self.assertAlmostEqual(self.assert_saved(self.invoice('B', CurrencyCode='USD'))['CurrencyRate'], 0.657895)
        self.assertEqual(self.assert_saved(self.invoice('C', CurrencyRate=3))['CurrencyRate'], 1.0)

    def test_text_line_and_tracking(self):
        lines = [
            self.line(Tracking=[{'Name': 'Region', 'Option': 'North'}]), {'Description': 'Delivered on Monday'},
            self.line(Tracking=[{'Name': 'Region', 'Option': 'Nowhere'}, {'Name': 'Colour', 'Option': 'Blue'}]),
        ]
        first, text, third = self.assert_saved(self.invoice(LineItems=lines))['LineItems']
        self.assertEqual(first['Tracking'][0]['Option'], 'North')
        self.assertEqual((text['LineAmount'], 'UnitAmount' in text), (0.0, False))
        self.assertEqual(third['Tracking'], [], "tracking that does not match is dropped without an error")

    def test_dates_that_are_understood(self):
        for number, sent in enumerate(('2026-10-01', '2026-10-01T00:00:00', '/Date(1790812800000+0000)/', '2026-10-02T05:00:00+10:00')):
            saved = self.assert_saved(self.invoice(f'D{number}', Date=sent))
            self.assertEqual(saved['DateString'], '2026-10-01T00:00:00', sent)

    def test_tax_types_of_another_country(self):
        self.log_in(tenants=[NORTHGATE])
        self.tenant = NORTHGATE
        saved = self.assert_saved(self.invoice(LineItems=[self.line(TaxType='OUTPUT2')]))
        self.assertEqual(saved['TotalTax'], 20.0)


@tagged('post_install', '-at_install')
class TestMoney(DocumentCase):

    def totals(self, *lines, unitdp=None, **values):
        saved = self.assert_saved(self.invoice(None, LineItems=list(lines), **values), **{'unitdp': unitdp} if unitdp else {})
        return saved['SubTotal'], saved['TotalTax'], saved['Total']

    def test_tax_per_line(self):
        prices = (25.06, 25.61, 25.63)
        self.client.post(f'/sandbox/organisations/{HARBOUR}/tax-rates/OUTPUT', json={'EffectiveRate': 15})
        lines = [self.line(Quantity=1, UnitAmount=price) for price in prices]
        self.assertEqual(self.totals(*lines), (76.3, 11.44, 87.74), "the documentation's own example")

    def test_unit_price_is_rounded_first(self):
        line = self.line(Quantity=1000, UnitAmount=0.0125)
        self.assertEqual(self.totals(line), (10.0, 1.0, 11.0))
        self.assertEqual(self.totals(line, unitdp=4), (12.5, 1.25, 13.75))

    def test_half_up(self):
        self.assertEqual(self.totals(self.line(Quantity=0.5, UnitAmount=4.33))[0], 2.17)

    def test_modes(self):
        line = self.line(Quantity=1, UnitAmount=110)
        self.assertEqual(self.totals(line, LineAmountTypes='Inclusive'), (100.0, 10.0, 110.0))
        self.assertEqual(self.totals(line, LineAmountTypes='NoTax'), (110.0, 0.0, 110.0))

    def test_tax_amount_overrides(self):
        self.assertEqual(self.totals(self.line(TaxAmount=10.01)), (100.0, 10.01, 110.01))

    def test_discount(self):
        self.assertEqual(self.totals(self.line(DiscountRate=12.5)), (87.5, 8.75, 96.25))
        self.assertEqual(self.totals(self.line(DiscountAmount=10)), (90.0, 9.0, 99.0))
        self.assert_refused(self.bill(LineItems=[self.line(AccountCode='400', TaxType='INPUT', DiscountRate=5)]),
                           'Discounts can only be applied to sales invoices.')

    def test_unit_price_as_read(self):
        self.assert_saved(self.invoice('A', LineItems=[self.line(UnitAmount=1.2345)]), unitdp=4)
        self.assertEqual(self.get('/Invoices/A')['Invoices'][0]['LineItems'][0]['UnitAmount'], 1.23)
        self.assertEqual(self.get('/Invoices/A', unitdp=4)['Invoices'][0]['LineItems'][0]['UnitAmount'], 1.2345)


@tagged('post_install', '-at_install')
class TestChange(DocumentCase):

    def test_post_overwrites_by_number(self):
        first = self.assert_saved(self.invoice('A'))
        second = self.assert_saved(self.invoice('A', Reference='changed'), method='POST')
        self.assertEqual((second['InvoiceID'], second['Reference']), (first['InvoiceID'], 'changed'))

    def test_lines_by_id(self):
        invoice = self.assert_saved(self.invoice(LineItems=[self.line(), self.line(Description='Cups')]))
        kept = invoice['LineItems'][1]['LineItemID']
        changed = self.change(invoice, LineItems=[{'LineItemID': kept, 'UnitAmount': 10}, self.line(Description='Milk')])
        self.assertEqual([line['Description'] for line in changed['LineItems']], ['Cups', 'Milk'])
        self.assertEqual((changed['LineItems'][0]['LineItemID'], changed['LineItems'][0]['LineAmount']), (kept, 20.0))
        self.assertEqual(self.change(invoice, 400, LineItems=[]), ['One or more line items must be specified'])

    def test_status_table(self):
        draft = self.assert_saved(self.invoice('A', Status='DRAFT'))
        for status in ('SUBMITTED', 'DRAFT', 'AUTHORISED'):
            self.assertEqual(self.change(draft, Status=status)['Status'], status)
        self.assertEqual(self.change(draft, 400, Status='DRAFT'), ['Invoice not of valid status for modification'])
        self.assertEqual(self.change(draft, 400, Status='DELETED'), ['Invoice not of valid status for modification'])
        self.assertEqual(self.change(draft, Status='VOIDED')['AmountDue'], 0.0)
        self.assertEqual(self.change(draft, 400, Reference='x'), ['Invoice not of valid status for modification'])

    def test_approving_looks_at_the_whole(self):
        draft = self.assert_saved(self.invoice(Status='DRAFT', DueDate=None, LineItems=[{'UnitAmount': 5}]))
        self.assertEqual(self.change(draft, 400, Status='AUTHORISED'), [
            'The document DueDate field must be specified.', 'The description field is mandatory for each line item.',
            'Account code or ID must be specified'])

    def test_numbers_after_voiding_and_deleting(self):
        void = self.assert_saved(self.invoice('A'))
        self.change(void, Status='VOIDED')
        self.assert_refused(self.invoice('A'), 'Invoice # must be unique.')
        self.assert_refused(self.invoice('A'), 'Invoice not of valid status for modification', method='POST')
        draft = self.assert_saved(self.invoice('B', Status='DRAFT'))
        self.change(draft, Status='DELETED')
        self.assert_saved(self.invoice('B'))
        self.change(self.assert_saved(self.invoice('C')), InvoiceNumber='Cx', Status='AUTHORISED')
        self.assert_saved(self.invoice('C'))

    def test_paid(self):
        invoice = self.assert_saved(self.invoice())
        lever = f"/sandbox/organisations/{HARBOUR}/documents/{invoice['InvoiceID']}"
        self.client.post(lever, json={'paid': '10.00'})
        self.assertEqual(self.change(invoice, Reference='late', DueDate='2026-11-30')['AmountDue'], 100.0)
        line = invoice['LineItems'][0]['LineItemID']
        self.assertEqual(self.change(invoice, LineItems=[{'LineItemID': line, 'AccountCode': '260'}])['Total'], 110.0)
        self.assertEqual(self.change(invoice, 400, LineItems=[{'LineItemID': line, 'UnitAmount': 1}]), [
            'This document cannot be edited as it has a payment or credit note allocated to it.'])
        self.assertEqual(self.change(invoice, 400, Date='2026-10-02'), [
            'Date cannot be changed on an invoice that has payment or credit notes allocated to it.'])
        self.assertEqual(self.change(invoice, 400, Status='VOIDED'), [
            'The status VOIDED cannot be applied to the invoice because it has payments or credit notes allocated to it.'])
        paid = self.client.post(lever, json={'paid': '110.00'}).json
        self.assertEqual((paid['Status'], paid['AmountDue']), ('PAID', 0.0))
        self.assertEqual(self.client.post(lever, json={'paid': '0'}).json['Status'], 'AUTHORISED')

    def test_what_stays_open_on_a_paid_document(self):
        invoice, bill = self.assert_saved(self.invoice()), self.assert_saved(self.bill())
        theme = self.get('/BrandingThemes')['BrandingThemes'][1]['BrandingThemeID']
        refused = ['This document cannot be edited as it has a payment or credit note allocated to it.']
        for document in (invoice, bill):
            self.client.post(f"/sandbox/organisations/{HARBOUR}/documents/{document['InvoiceID']}", json={'paid': '110'})
        line = invoice['LineItems'][0]
        changed = self.change(
            invoice, InvoiceNumber='New', BrandingThemeID=theme, Url='https://odoo.example.com/1', Contact={'Name': 'Somebody Else'},
            LineItems=[line | {'Description': 'Tea', 'Tracking': [{'Name': 'Region', 'Option': 'North'}]}])
        self.assertEqual((changed['InvoiceNumber'], changed['Contact']['Name'], changed['Status']), ('New', 'Somebody Else', 'PAID'))
        self.assertEqual(changed['LineItems'][0]['Tracking'][0]['Option'], 'North')
        for values in (
            {'LineItems': [self.line()]}, {'LineItems': [line, self.line()]}, {'LineItems': [line | {'Quantity': 3}]},
            {'CurrencyCode': 'USD'}, {'LineAmountTypes': 'Inclusive'}, {'PlannedPaymentDate': '2026-12-01'},
        ):
            with self.subTest(values=values):
                self.assertEqual(self.change(invoice, 400, **values), refused)
        self.change(bill, PlannedPaymentDate='2026-12-01')
        self.assertEqual(self.change(bill, 400, ExpectedPaymentDate='2026-12-01'), refused)

    def test_freeing_a_number(self):
        invoice = self.assert_saved(self.invoice('A'))
        self.change(invoice, Status='VOIDED', InvoiceNumber='Ax')
        self.assert_refused(self.invoice('A'), 'Invoice # must be unique.')
        second = self.assert_saved(self.invoice('B'))
        self.change(second, InvoiceNumber='Bx')
        self.assertEqual(self.change(second, Status='VOIDED')['InvoiceNumber'], 'Bx')
        self.assert_saved(self.invoice('B'))

    def test_locked(self):
        invoice = self.assert_saved(self.invoice())
        self.client.post(f'/sandbox/organisations/{HARBOUR}', json={'period_lock_date': '2026-10-31'})
        message = ['The document date cannot be before the period lock date, currently set at 31-Oct-2026']
        self.assertEqual(self.change(invoice, 400, Reference='x'), message)
        self.assertEqual(self.change(invoice, 400, Status='VOIDED'), message)

    def test_unknown_id(self):
        unknown = {'InvoiceID': HARBOUR}
        self.assertEqual(
            self.change(unknown, 400, Reference='x'), ['An existing Invoice with the specified InvoiceID could not be found'])

    def test_touches_the_time(self):
        invoice = self.assert_saved(self.invoice())
        self.sandbox.clock.advance(5)
        self.assertGreater(self.change(invoice, Reference='x')['UpdatedDateUTC'], invoice['UpdatedDateUTC'])


@tagged('post_install', '-at_install')
class TestContacts(DocumentCase):

    def test_creation_rules(self):
        self.assert_saved({'Name': 'Acme', 'ContactNumber': 'odoo-1'}, 'Contacts')
        cases = [
            ({'Name': 'ACME'}, 'The contact name ACME is already assigned to another contact. '
                               'The contact name must be unique across all active contacts.'),
            ({'Name': 'B', 'ContactNumber': 'odoo-1'},
             'Another contact has this contact number. Please enter a different contact number.'),
            ({'Name': ' '}, 'The contact name must be specified.'),
            ({'Name': 'B <b>'}, "The contact name cannot contain the characters '<' or '>'."),
            ({'Name': 'B  C'}, 'The contact name cannot contain leading, trailing or double spaces.'),
            ({'Name': 'B', 'EmailAddress': 'nobody'}, 'Email address must be valid.'),
            ({'Name': 'B', 'EmailAddress': 'jürgen@example.com'}, 'Email address must be valid.'),
            *[({'Name': 'B', 'EmailAddress': address}, 'Email address must be valid.') for address in (
                'john..doe@example.com', 'john.@example.com', 'a@-x.com', 'j' * 65 + '@example.com', f"a@{'x' * 64}.com")],
            ({'Name': '🎉'}, 'The contact name must be specified.'),
            ({'Name': 'Acme 🎉'}, 'The contact name Acme is already assigned to another contact. '
                                  'The contact name must be unique across all active contacts.'),
            ({'Name': '𠮷' * 128}, 'The field Name exceeds the maximum length of 255 characters.'),
            *[({'Name': 'B', 'Addresses': [{'AddressType': 'STREET', 'Country': country}]}, 'The Country field must contain letters only.')
              for country in ('Türkiye', "Côte d'Ivoire", ' ')],
            ({'Name': 'B', 'Website': 'example'}, 'Website must be valid'),
            ({'Name': 'B', 'ContactStatus': 'ARCHIVED'}, "The status 'ARCHIVED' is not valid for contacts"),
            ({'Name': 'B' * 256}, 'The field Name exceeds the maximum length of 255 characters.'),
            ({'Name': 'B', 'Addresses': [{'AddressType': 'STREET', 'Country': 'AU1'}]}, 'The Country field must contain letters only.'),
        ]
        for values, message in cases:
            with self.subTest(message=message):
                self.assert_refused(values, message, 'Contacts')

    def test_emoji_are_stripped_from_names(self):
        contact = self.assert_saved({'Name': 'Café ☕️ Bleu', 'FirstName': 'Zoë 👩‍🚀'}, 'Contacts')
        self.assertEqual((contact['Name'], contact['FirstName']), ('Café Bleu', 'Zoë'))

    def test_a_website_typed_in_xero_is_looked_at_with_each_change(self):
        contact = self.assert_saved({'Name': 'Acme'}, 'Contacts')
        self.sandbox.organisations[self.tenant].contacts[contact['ContactID']]['Website'] = 'acme'
        self.assert_refused({'ContactID': contact['ContactID'], 'FirstName': 'New'}, 'Website must be valid', 'Contacts', 'POST')

    def test_control_characters_spoil_the_whole_body(self):
        for char in ('\x02', '\x0b', '\uffff'):
            answer = self.api('PUT', '/Contacts', {'Contacts': [{'Name': 'Good'}, {'Name': f'B{char}'}]})
            self.assertEqual(answer.status_code, 400)
            self.assertIn(f'hexadecimal value 0x{ord(char):02X}, is an invalid character', answer.text)

    def test_post_keeps_what_is_not_sent(self):
        first = self.assert_saved({'Name': 'Acme', 'ContactNumber': 'odoo-1', 'EmailAddress': 'a@example.com', 'Addresses': [
            {'AddressType': 'POBOX', 'City': 'Cairns'}]}, 'Contacts')
        second = self.assert_saved({'Name': 'Acme Ltd', 'ContactNumber': 'odoo-1'}, 'Contacts', 'POST')
        self.assertEqual((second['ContactID'], second['Name'], second['EmailAddress']), (first['ContactID'], 'Acme Ltd', 'a@example.com'))
        self.assertEqual(next(row for row in second['Addresses'] if row['AddressType'] == 'POBOX')['City'], 'Cairns')

    def test_archiving(self):
        contact = self.assert_saved({'Name': 'Acme', 'ContactNumber': 'odoo-1'}, 'Contacts')
        change = {'ContactID': contact['ContactID'], 'ContactStatus': 'ARCHIVED'}
        self.assertEqual(self.assert_saved(change, 'Contacts', 'POST')['ContactStatus'], 'ARCHIVED')
        self.assert_refused(change, 'archived contacts cannot currently be edited via the API', 'Contacts', 'POST')
        self.assert_refused({'Name': 'B', 'ContactNumber': 'odoo-1'},
                           'Another contact has this contact number. Please enter a different contact number.', 'Contacts')
        self.assert_refused(
            self.invoice(Contact={'ContactID': contact['ContactID']}),
            'The contact with the specified contact details has been archived. The contact must be un-archived before creating '
            'new invoices or credit notes')
        self.assert_saved({'Name': 'Acme'}, 'Contacts')
        self.assertEqual(len(self.get('/Contacts')['Contacts']), 1)
        self.assertEqual(len(self.get('/Contacts', includeArchived='true')['Contacts']), 2)

    def test_inside_a_document(self):
        first = self.assert_saved(self.invoice('A', Contact={'Name': 'Acme'}))
        second = self.assert_saved(self.invoice('B', Contact={'Name': 'ACME'}))
        self.assertEqual(first['Contact']['ContactID'], second['Contact']['ContactID'])
        self.assertTrue(self.get('/Contacts')['Contacts'][0]['IsCustomer'])
        self.assert_saved(self.invoice('C', Contact={'ContactID': first['Contact']['ContactID'], 'EmailAddress': 'new@example.com'}))
        self.assertEqual(self.get('/Contacts/' + first['Contact']['ContactID'])['Contacts'][0]['EmailAddress'], 'new@example.com')

    def test_reading(self):
        self.put('Contacts', {'Name': 'Beta', 'ContactNumber': 'odoo-2', 'ContactPersons': [{'FirstName': 'Desk'}]}, {'Name': 'Alpha'})
        self.assertEqual([row['Name'] for row in self.get('/Contacts', order='Name')['Contacts']], ['Alpha', 'Beta'])
        self.assertNotIn('ContactPersons', self.get('/Contacts', order='Name DESC')['Contacts'][0])
        self.assertEqual(len(self.get('/Contacts/odoo-2')['Contacts'][0]['ContactPersons']), 1)
        self.assertEqual([row['Name'] for row in self.get('/Contacts', searchTerm='alp')['Contacts']], ['Alpha'])
        self.assertEqual([row['Name'] for row in self.get('/Contacts', where='Name=="Beta"')['Contacts']], ['Beta'])
        summary = self.get('/Contacts', summaryOnly='true')
        self.assertNotIn('Addresses', summary['Contacts'][0])
        self.assertEqual(summary['pagination']['itemCount'], 2)
