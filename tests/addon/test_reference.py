from datetime import datetime, timedelta
from unittest.mock import patch

from odoo import fields
from odoo.addons.account_xero.exceptions import XeroError
from odoo.addons.account_xero.models.reference import reader
from odoo.addons.account_xero.models.reference.reader import ReferenceReader
from odoo.addons.account_xero.models.steps import slice
from odoo.addons.base.tests.test_ir_cron import CronMixinCase
from odoo.exceptions import AccessError
from odoo.tests import tagged

from ..common import HINTERLAND, XeroCase
from .export_common import XeroExportCase
from .reference_common import ReferenceMixin

SETTINGS = ('/Organisation', '/Organisation/Actions', '/Accounts', '/TaxRates', '/Currencies', '/TrackingCategories', '/BrandingThemes', '/Contacts')


@tagged('post_install', '-at_install')
class TestReference(ReferenceMixin, CronMixinCase, XeroCase):

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.connection = cls.connect()
        cls.sandbox.requests.clear()   # the consent has made calls too

    def rows(self, model, **values):
        return self.env[model].search([('connection_id', '=', self.connection.id), *((name, '=', value) for name, value in values.items())])

    def reading_calls(self):
        return [call['path'].removeprefix('/api.xro/2.0') for call in self.calls('GET', '/api.xro/2.0')]

    def make_old(self, *names, age=timedelta(days=2)):
        moment = (fields.Datetime.now() - age).isoformat()
        self.connection.reference_read_at = {**self.connection.reference_read_at, **dict.fromkeys(names, moment)}

    # === WHAT IS READ === #

    def test_slice_reads_every_list_once_a_day(self):
        self.run_slice(self.connection)
        self.assertEqual(sorted(self.reading_calls()), sorted(SETTINGS))
        self.run_slice(self.connection)
        self.assertEqual(len(self.reading_calls()), len(SETTINGS))
        self.make_old('accounts')
        self.run_slice(self.connection)
        self.assertEqual(self.reading_calls()[len(SETTINGS):], ['/Accounts'])

    def test_organisation_is_on_the_connection(self):
        connection = self.connect(name="Hinterland", tenant=HINTERLAND)
        self.read(connection)
        self.assertRecordValues(connection, [{
            'organisation_name': "Hinterland Site AU", 'country_code': 'AU', 'short_code': '!Hn4q9', 'organisation_version': 'AU', 'plan_class': 'GROW',
            'period_lock_date': fields.Date.to_date('2025-06-30'), 'end_of_year_lock_date': fields.Date.to_date('2024-06-30'),
        }])
        self.assertEqual(connection.currency_codes, ['AUD', 'NZD', 'USD'])
        self.assertEqual(
            {name: connection.actions[name] for name in ('CreateApprovedInvoice', 'ApproveTransactionsBeforePeriodLockDate')},
            {'CreateApprovedInvoice': True, 'ApproveTransactionsBeforePeriodLockDate': False})
        self.organisation(HINTERLAND).period_lock_date = None
        self.read(connection, 'organisation')
        self.assertFalse(connection.period_lock_date)

    def test_accounts_know_whether_lines_may_name_them(self):
        self.read(self.connection, 'accounts')
        accounts = {code: self.rows('xero.account', code=code) for code in ('090', '200', '610', '800', '820', '860')}
        usable = {code: account._is_usable() and account.can_take_lines for code, account in accounts.items()}
        self.assertEqual(usable, {'090': False, '200': True, '610': False, '800': False, '820': False, '860': True})
        self.assertEqual(self.rows('xero.account', code='200').display_name, "200 – Sales")

    def test_codes_have_labels(self):
        """People read the words of Xero's screens; a code that Xero adds later is shown as it is and stops no reading."""
        self.read(self.connection, 'accounts', 'tax_rates', 'organisation')
        sales, debtors = self.rows('xero.account', code='200'), self.rows('xero.account', code='610')
        self.assertEqual((sales.type, sales.type_label), ('REVENUE', "Revenue"))
        self.assertEqual(dict(sales._fields['account_class']._description_selection(self.env))[sales.account_class], "Revenue")
        self.assertEqual(sales.tax_label, self.rows('xero.tax.rate', tax_type=sales.tax_type).name)
        self.assertEqual(debtors.system_label, "Accounts receivable")
        sales.write({'type': 'NEWTYPE', 'tax_type': 'NEWTAX'})
        self.assertEqual((sales.type_label, sales.tax_label), ('NEWTYPE', 'NEWTAX'))
        self.assertFalse(sales._values({'AccountID': 'x', 'Class': 'NEWCLASS'})['account_class'])
        for code, label in (('GROW', "Grow"), ('PREMIUM_20', "Premium 20"), ('NON_GST_CASHBOOK', "Non GST cashbook"), (False, False)):
            self.connection.plan_class = code
            self.assertEqual(self.connection.plan_label, label)

    def test_codes_are_found_by_code_and_by_name(self):
        self.read(self.connection, 'accounts')
        sales = self.rows('xero.account', code='200')
        domain = [('connection_id', '=', self.connection.id)]
        self.assertIn(sales.id, [row[0] for row in self.env['xero.account'].name_search('200', domain)])
        self.assertIn(sales.id, [row[0] for row in self.env['xero.account'].name_search('sale', domain)])

    def test_tax_rates_are_exact(self):
        self.organisation().tax_rates['TAX001'] = {
            'TaxType': 'TAX001', 'Name': "Two levels", 'Status': 'ACTIVE', 'EffectiveRate': 14.975, 'CanApplyToRevenue': True,
            'TaxComponents': [{'Name': "Low", 'Rate': 5.0, 'IsCompound': False}, {'Name': "High", 'Rate': 9.975, 'IsCompound': True}],
        }
        self.read(self.connection, 'tax_rates')
        rate = self.rows('xero.tax.rate', tax_type='TAX001')
        self.assertRecordValues(rate, [{'rate': 14.975, 'use': 'sale', 'applies_to': ['REVENUE']}])
        self.assertEqual([(part['rate'], part['compound']) for part in rate.components], [('5.0', False), ('9.975', True)])
        self.assertRecordValues(
            self.rows('xero.tax.rate', tax_type='INPUT') + self.rows('xero.tax.rate', tax_type='BASEXCLUDED'), [{'use': 'purchase'}, {'use': False}])

    def test_what_is_gone_from_xero_is_marked_and_comes_back(self):
        self.read(self.connection, 'accounts')
        accounts = self.organisation().accounts
        sales = next(account for account in accounts if account['Code'] == '200')
        row = self.rows('xero.account', code='200')
        accounts.remove(sales)
        self.read(self.connection, 'accounts')
        self.assertEqual(row.status, 'DELETED')
        accounts.append(sales)
        self.read(self.connection, 'accounts')
        self.assertRecordValues(row, [{'status': 'ACTIVE', 'code': '200'}])
        self.assertEqual(self.rows('xero.account', code='200'), row)

    def test_tracking_options_carry_their_category(self):
        self.read(self.connection, 'tracking')
        self.assertEqual(self.rows('xero.tracking.option').mapped(lambda option: (option.category_name, option.name)), [
            ("Region", "Eastside"), ("Region", "North"), ("Region", "South")])

    # === CONTACTS === #

    def test_contacts_are_read_whole_once_then_what_changed(self):
        for name in ("Old Oak", "Old Pine", "Old Fir"):
            self.add_contact(Name=name)['UpdatedDateUTC'] -= timedelta(days=3)
        self.read(self.connection, 'contacts')
        self.assertEqual(self.rows('xero.contact').mapped('name'), ["Old Fir", "Old Oak", "Old Pine"])
        self.add_contact(Name="New Elm")
        self.read(self.connection, 'contacts')
        self.assertEqual(self.syncs()[0].done, 1)
        self.assertEqual(len(self.rows('xero.contact')), 4)
        self.read(self.connection, 'contacts', force=True)
        self.assertEqual(self.syncs()[0].done, 4)

    def test_many_contacts_take_several_slices(self):
        for number in range(5):
            self.add_contact(Name=f"Customer {number}")
        with patch.object(reader, 'PAGE_SIZE', 2):
            outcomes = []
            for _slice in range(3):
                with self.background(self.connection) as (connection, client):
                    outcomes.append(ReferenceReader(connection, client).read_stale(deadline=0))
        self.assertEqual(outcomes, [False, False, True])
        self.assertEqual(len(self.rows('xero.contact')), 5)
        self.assertEqual(self.reading_calls().count('/Contacts'), 3)
        self.assertFalse(self.connection.contacts_bookmark)

    def test_long_reading_goes_on_by_itself(self):
        for number in range(3):
            self.add_contact(Name=f"Customer {number}")
        with patch.object(reader, 'PAGE_SIZE', 1), patch.object(slice, 'SLICE_SECONDS', 0):
            for _slice in range(3):
                with self.capture_triggers(self.connection.sudo().cron_id.id) as captured:
                    self.run_slice(self.connection)
                if self.connection.contacts_bookmark:
                    self.assertTrue(captured.records, "armed again at once")
        self.assertFalse(self.connection.contacts_bookmark)

    def test_archived_and_merged_contacts_are_known(self):
        kept = self.add_contact(Name="Kept")
        self.add_contact(Name="Merged", ContactStatus='ARCHIVED', MergedToContactID=kept['ContactID'])
        self.read(self.connection, 'contacts')
        self.assertRecordValues(self.rows('xero.contact', name="Merged"), [{'status': 'ARCHIVED', 'merged_to': kept['ContactID']}])

    # === TROUBLE, AND BEING ASKED === #

    def test_failure_keeps_what_was_read_and_leaves_a_line(self):
        self.sandbox.faults.order(kind='503', path='/TaxRates', times=1)
        failure = None
        with self.background(self.connection) as (connection, client):
            # `assertRaises` would set a savepoint that the commits inside end
            try:
                ReferenceReader(connection, client).read_stale(deadline=None)
            except XeroError as error:
                failure = error
        self.assertEqual(failure.status, 503)
        self.assertTrue(self.rows('xero.account'))
        self.assertFalse(self.rows('xero.tax.rate'))
        line = self.syncs()[0]
        self.assertRecordValues(line, [{'run': 'reference', 'failed': 1, 'user_id': self.admin.id, 'end_at': False}])
        self.assertTrue(line.error)
        with self.background(self.connection) as (connection, client):
            ReferenceReader(connection, client).read_stale(deadline=None)
        self.assertEqual(self.reading_calls().count('/Accounts'), 1, "what had been read is not read again")
        self.assertTrue(self.rows('xero.tax.rate'))
        self.assertRecordValues(line, [{'failed': 0, 'error': '', 'calls': 4 + 5}])
        self.assertTrue(line.end_at)

    def test_reading_that_xero_refuses_ends_and_is_told(self):
        self.sandbox.faults.order(
            kind='status', status=403, path='/Accounts', times=1, content_type='application/json',
            body='{"Title": "Forbidden", "Status": 403, "Detail": "No permission"}')
        try:
            with self.background(self.connection) as (connection, client):
                ReferenceReader(connection, client).read_stale(deadline=None)
        except XeroError:
            pass
        [line] = self.syncs().filtered(lambda sync: sync.run == 'reference')
        self.assertTrue(line.end_at)
        self.assertTrue(line.error)

    def test_second_look_is_taken_once_in_five_minutes(self):
        self.read(self.connection)
        with self.background(self.connection) as (connection, client):
            self.assertFalse(ReferenceReader(connection, client).reread('accounts', by_hand=False))
        self.make_old('accounts', age=timedelta(minutes=6))
        with self.background(self.connection) as (connection, client):
            self.assertTrue(ReferenceReader(connection, client).reread('accounts', by_hand=False))
            self.assertFalse(ReferenceReader(connection, client).reread('accounts', by_hand=False))

    def test_second_look_by_hand_is_taken_after_some_seconds(self):
        self.read(self.connection)
        for seconds, is_read in ((1, False), (30, True)):
            self.make_old('accounts', age=timedelta(seconds=seconds))
            with self.background(self.connection) as (connection, client):
                self.assertEqual(ReferenceReader(connection, client).reread('accounts', by_hand=True), is_read)

    def test_asking_reads_everything_and_ends_the_line(self):
        self.run_slice(self.connection)
        self.make_old(*reader.LISTS, age=timedelta(minutes=1))
        calls = len(self.reading_calls())
        self.connection.with_user(self.admin)._ask_for_reference()
        self.connection.with_user(self.admin)._ask_for_reference()
        asked = self.syncs().filtered(lambda sync: not sync.end_at)
        self.assertRecordValues(asked, [{'run': 'reference', 'by_hand': True, 'user_id': self.admin.id, 'done': 0}])
        self.run_slice(self.connection)
        self.assertTrue(asked.end_at)
        self.assertGreater(asked.done, 70)
        self.assertEqual(asked.calls, len(SETTINGS))
        self.assertEqual(len(self.reading_calls()) - calls, len(SETTINGS))

    def test_each_user_who_asks_is_told(self):
        self.run_slice(self.connection)
        other = self._new_user('xero_other_admin', 'account_xero.group_xero_invoice_admin')
        for user in (self.admin, other):
            self.connection.with_user(user)._ask_for_reference()
        notices = self.record_notices()
        self.sandbox.requests.clear()
        self.run_slice(self.connection)
        self.assertFalse(self.connection._asked_readings())
        self.assertEqual([(kind, "was read" in words) for kind, words in notices], [('success', True)] * 2)
        self.assertEqual(len(self.reading_calls()), len(SETTINGS), "one reading answers both")

    def test_asking_during_a_reading_reads_what_was_read_before(self):
        """Somebody adds an account in Xero, after the accounts of a long reading were read, and asks again."""
        for number in range(3):
            self.add_contact(Name=f"Customer {number}")
        self.connection.with_user(self.admin)._ask_for_reference()
        with patch.object(reader, 'PAGE_SIZE', 1), patch.object(slice, 'SLICE_SECONDS', 0):
            self.run_slice(self.connection)
            self.assertTrue(self.connection.contacts_bookmark)
            self.sandbox.requests.clear()
            self.connection.with_user(self.admin)._ask_for_reference()
            self.assertEqual(len(self.connection._asked_readings()), 2)
            self.run_slice(self.connection)
            self.assertIn('/Accounts', self.reading_calls())
        self.run_slice(self.connection, 2)
        self.assertFalse(self.connection._asked_readings())

    def test_a_second_look_ends_no_request(self):
        self.run_slice(self.connection)
        self.make_old('accounts')
        self.connection.with_user(self.admin)._ask_for_reference()
        with self.background(self.connection) as (connection, client):
            ReferenceReader(connection, client).reread('accounts', by_hand=True)
        self.assertTrue(self.connection._asked_readings(), "the other lists are still to be read")

    def test_billing_user_may_not_ask(self):
        with self.assertRaises(AccessError):
            self.connection.with_user(self.billing)._ask_for_reference()

    # === COST === #

    def test_reading_costs_no_query_for_each_row(self):
        for number in range(300):
            self.add_contact(Name=f"Customer {number}")
        contacts = [self.env['xero.contact']._values(contact) for contact in self.organisation().contacts.values()]
        self.env.flush_all()
        with self.assertQueryCount(8):
            self.env['xero.contact']._upsert(self.connection, contacts, complete=False)
            self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(3):
            self.env['xero.contact']._upsert(self.connection, contacts, complete=False)
            self.env.flush_all()
        self.env.invalidate_all()
        for vals in contacts:
            vals['email'] = 'new@example.com'
        with self.assertQueryCount(5):
            self.env['xero.contact']._upsert(self.connection, contacts, complete=False)
            self.env.flush_all()

    def test_a_request_in_the_second_of_a_reading_is_answered(self):
        asked_at = datetime(2026, 11, 5, 9, 0, 0, 600_000)
        for milliseconds, calls in ((-300, len(reader.LISTS)), (300, 0)):
            with self.subTest(milliseconds=milliseconds):
                self.connection.sudo().reference_read_at = dict.fromkeys(
                    reader.LISTS, (asked_at + timedelta(milliseconds=milliseconds)).isoformat())
                self.connection.with_user(self.admin)._ask_for_reference()
                self.connection._asked_readings().start_at = asked_at
                self.env.invalidate_all()
                self.sandbox.requests.clear()
                with self.background(self.connection) as (connection, client):
                    self.assertTrue(ReferenceReader(connection, client).read_stale(deadline=None))
                self.assertEqual(len(self.calls('GET')), calls)
                self.assertFalse(self.connection._asked_readings(), "the request has ended")


@tagged('post_install', '-at_install')
class TestLongReading(ReferenceMixin, XeroExportCase):
    """While a long list of contacts is read, documents whose contact is known are sent; the others wait until the end of the list."""

    def test_documents_of_linked_partners_do_not_wait(self):
        known = self.document()
        self.run_slice(self.connection)     # links the contact
        stranger = self.env['res.partner'].create({'name': "Not read yet", 'is_company': True})
        known |= self.document()
        unknown = self.document(partner_id=stranger.id)
        for number in range(4):
            self.add_contact(Name=f"Customer {number}")
        self.connection.with_user(self.admin)._ask_for_reference()
        with patch.object(reader, 'PAGE_SIZE', 1), patch.object(slice, 'SLICE_SECONDS', 0):
            self.run_slice(self.connection)
            self.assertTrue(self.connection.contacts_bookmark)
            self.assert_once(known)
            self.assertEqual(self.export_of(unknown).state, 'waiting')
            self.assertFalse(self.calls('PUT', '/api.xro/2.0/Contacts')[1:], "no contact is created before all are read")
        self.run_slice(self.connection, 2)
        self.assertFalse(self.connection.contacts_bookmark)
        self.assert_once(known | unknown)
