from datetime import datetime, timedelta
from unittest.mock import patch

from lxml import html

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..common import HARBOUR
from .difference_common import ProofMixin, XeroDifferenceCase


@tagged('post_install', '-at_install')
class TestCertificate(ProofMixin, XeroDifferenceCase):
    """Per month: n of n agree, which do not, and the totals on both sides."""

    def certificate(self, **values):
        return self.env['xero.certificate'].with_user(self.admin).create({'connection_id': self.connection.id, 'month': '2026-11-17', **values})

    def test_all_agree(self):
        self.documents(3)
        self.documents(2, 'out_refund')
        self.document(invoice_date='2026-10-31', date='2026-10-31')
        self.run_slice(self.connection, 2)
        self.prove()
        certificate = self.certificate()
        self.assertEqual((str(certificate.month), certificate.summary), ('2026-11-01', "5 of 5 documents agree."))
        self.assertRecordValues(certificate.line_ids.sorted('kind'), [
            {'kind': 'sale_credit', 'odoo_count': 2, 'xero_count': 2, 'agree_count': 2, 'odoo_total': 200, 'xero_total': 200, 'gap': 0},
            {'kind': 'sale_invoice', 'odoo_count': 3, 'xero_count': 3, 'agree_count': 3, 'odoo_total': 300, 'xero_total': 300, 'gap': 0}])
        self.assertTrue(certificate.proved_at)
        self.assertIn("began before the month was over", certificate.proof_words)
        self.assertFalse(certificate.is_complete)
        self.env['xero.proof'].sudo().search([]).started_at = datetime(2026, 12, 1, 2)
        certificate.action_take()
        self.assertEqual((certificate.is_complete, certificate.proof_words), (True, False))

    def test_what_does_not_agree(self):
        self.documents(2)
        _move, edited = self.synced()
        _move, accepted = self.synced()
        self.edit(edited, LineItems=[{'Description': "Work", 'Quantity': 1, 'UnitAmount': 70, 'AccountCode': '200', 'TaxType': 'EXEMPTOUTPUT'}])
        self.edit(accepted, LineItems=[{'Description': "Work", 'Quantity': 1, 'UnitAmount': 90, 'AccountCode': '200', 'TaxType': 'EXEMPTOUTPUT'}])
        failed = self.document('out_invoice', {'account_id': self.company_data['default_account_revenue'].copy().id})
        self.stranger(Contact={'ContactID': self.held(edited)['Contact']['ContactID']}, InvoiceNumber='BY-HAND-1')
        self.run_slice(self.connection)
        self.prove()
        self.open_rows(accepted).with_user(self.admin)._accept("Rebate")
        self.run_slice(self.connection)
        certificate = self.certificate()
        self.assertEqual(certificate.summary, "2 of 5 documents agree. Different and accepted: 1. Only in Xero: 1.")
        self.assertEqual(certificate.export_ids, edited | failed.xero_export_ids)
        self.assertEqual(sum(certificate.line_ids.mapped('odoo_total')), 500)
        self.assertEqual(sum(certificate.line_ids.mapped('xero_total')), 200 + 70 + 90 + 50)
        self.assertEqual(certificate.action_exports()['domain'], [('id', 'in', certificate.export_ids.ids)])
        self.assertIn(('document_date', '<=', certificate._last_day()), certificate.action_differences()['domain'])

    def test_an_accepted_edit_that_leaves_the_total_is_counted_as_accepted(self):
        _move, export = self.synced(ref="Order 7")
        self.edit(export, Reference="Order 8")
        self.check()
        self.open_rows(export).with_user(self.admin)._accept("The customer asked for it")
        self.run_slice(self.connection)
        certificate = self.certificate()
        self.assertEqual((certificate.line_ids.agree_count, certificate.line_ids.accepted_count, certificate.export_ids.ids), (0, 1, []))
        self.env['xero.difference'].sudo().search([]).settled_at -= timedelta(minutes=1)
        export.sudo()._look_again()
        export.sudo()._set_waiting(operation='update')
        self.run_slice(self.connection)
        certificate.action_take()
        self.assertEqual((certificate.line_ids.agree_count, certificate.line_ids.accepted_count), (1, 0), "Odoo's version was sent since")

    def test_what_a_person_skipped_does_not_agree(self):
        self.document()
        failed = self.document('out_invoice', {'account_id': self.company_data['default_account_revenue'].copy().id}).xero_export_ids
        self.run_slice(self.connection)
        failed.with_user(self.admin)._skip("Entered by hand")
        certificate = self.certificate()
        self.assertEqual(certificate.summary, "1 of 2 documents agree. Skipped, so only in Odoo: 1.")
        self.assertRecordValues(certificate.line_ids, [{'odoo_count': 2, 'agree_count': 1, 'skipped_count': 1, 'xero_count': 1, 'gap': -100}])
        self.assertEqual(certificate.export_ids, failed)
        self.env['xero.proof'].sudo().create({
            'connection_id': self.connection.id, 'since': '2026-11-01', 'started_at': '2026-12-01 02:00:00', 'ended_at': '2026-12-01 02:05:00'})
        certificate.action_take()
        self.assertFalse(certificate.is_complete)

    def test_what_is_only_in_xero_is_listed(self):
        _move, export = self.synced()
        self.stranger(Contact={'ContactID': self.held(export)['Contact']['ContactID']}, InvoiceNumber='BY-HAND-1')
        self.prove()
        certificate = self.certificate()
        self.assertEqual(certificate.stranger_ids.mapped('document_name'), ['BY-HAND-1'])
        self.assertRecordValues(certificate.line_ids, [{'odoo_count': 1, 'xero_count': 2, 'only_xero_count': 1, 'company_id': export.company_id.id}])

    def test_an_edit_without_an_alarm_does_not_agree(self):
        self.connection.write({'alarm_amount': False, 'alarm_lines': False})
        _move, export = self.synced()
        self.edit(export, LineItems=[{'Description': "Work", 'Quantity': 1, 'UnitAmount': 70, 'AccountCode': '200', 'TaxType': 'EXEMPTOUTPUT'}])
        self.check()
        certificate = self.certificate()
        self.assertEqual((certificate.summary, certificate.line_ids.gap), ("0 of 1 documents agree.", -30))

    def test_what_is_lost_in_xero_is_not_counted_there(self):
        move, export = self.synced()
        export.sudo().arrived_at -= timedelta(hours=1)
        organisation = self.sandbox.organisations[HARBOUR]
        del organisation.documents['Invoices'][export.xero_id], organisation.numbers['Invoices'][move.name]
        self.prove(3)
        certificate = self.certificate()
        values = {'odoo_count': 1, 'xero_count': 0, 'odoo_total': 100, 'xero_total': 0}
        self.assertRecordValues(certificate.line_ids, [{**values, 'agree_count': 0, 'accepted_count': 0}])
        self.open_rows(export).with_user(self.admin)._accept("Deleted by support")
        certificate.action_take()
        self.assertRecordValues(certificate.line_ids, [{**values, 'agree_count': 0, 'accepted_count': 1}])

    def test_the_month_is_over_where_the_company_is(self):
        self.synced()
        self.prove()
        certificate, proof = self.certificate(), self.env['xero.proof'].sudo().search([])
        for zone, moment, is_complete in (
            ('Australia/Sydney', datetime(2026, 11, 30, 14, 30), True), ('America/Los_Angeles', datetime(2026, 12, 1, 2), False),
        ):
            with self.subTest(zone=zone):
                self.xero_company.partner_id.tz = zone
                proof.started_at = moment
                certificate.action_take()
                self.assertEqual(certificate.is_complete, is_complete)

    def test_print_tells_currencies_and_what_is_on_one_side(self):
        currency = self.setup_other_currency('CAD', rates=[('2026-01-01', 2)])
        self.document(currency_id=currency.id)
        _move, export = self.synced()
        self.stranger(Contact={'ContactID': self.held(export)['Contact']['ContactID']}, InvoiceNumber='BY-HAND-1')
        self.prove()
        certificate = self.certificate()
        page, _type = self.env['ir.actions.report']._render_qweb_html('account_xero.report_certificate', certificate.ids)
        table = html.fromstring(page).xpath('//table')[0]
        head = [cell.text_content().strip() for cell in table.xpath('.//th')]
        cells = [[cell.text_content().strip() for cell in row.xpath('./td')] for row in table.xpath('./tbody/tr')]
        rows = [dict(zip(head, row, strict=True)) for row in cells]
        own = self.xero_company.currency_id.name
        self.assertEqual({row['Currency']: (row['In Odoo'], row['Only in Xero']) for row in rows}, {'CAD': ('1', '0'), own: ('1', '1')})
        self.assertTrue(all(row['Skipped'] == '0' and row['Xero less Odoo'] for row in rows))

    def test_pdf_where_it_can_be_made(self):
        self.synced()
        certificate = self.certificate()
        page, _type = self.env['ir.actions.report']._render_qweb_html('account_xero.report_certificate', certificate.ids)
        self.assertIn(b"1 of 1 documents agree.", page)
        report = type(self.env['ir.actions.report'])
        with patch.object(report, 'get_wkhtmltopdf_state', lambda _report: 'ok'):
            certificate.invalidate_recordset(['can_print'])
            self.assertEqual(certificate.action_print()['report_name'], 'account_xero.report_certificate')
        with patch.object(report, 'get_wkhtmltopdf_state', lambda _report: 'install'):
            certificate.invalidate_recordset(['can_print'])
            with self.assertRaisesRegex(UserError, "wkhtmltopdf is not installed"):
                certificate.action_print()

    def test_who_may(self):
        certificate = self.certificate()
        seen = certificate.with_user(self.billing)
        self.assertTrue(seen.summary)
        for act in (seen.action_take, seen.action_compare, lambda: seen.create({'connection_id': self.connection.id})):
            with self.assertRaises(AccessError):
                act()
        with self.assertRaises(AccessError):
            certificate.write({'proved_at': '2026-12-01 00:00:00'})
        with self.assertRaises(AccessError):
            self.env['xero.certificate.line'].with_user(self.admin).create({'certificate_id': certificate.id})
