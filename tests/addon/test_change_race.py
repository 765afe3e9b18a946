from odoo.tests import tagged

from .race_common import RaceCase


@tagged('post_install', '-at_install')
class TestChangeRace(RaceCase):
    """A person changes a document while the slice writes its export, both in their own committed transactions."""

    def prepare(self, env):
        self.export_id = env['xero.export'].create({
            'connection_id': self.connection_id, 'company_id': env.ref('base.main_company').id, 'kind': 'sale_invoice', 'document_name': "INV/1",
            'state': 'synced', 'xero_id': 'fake-id', 'checked_at': '2026-11-02 10:00:00'}).id

    def test_a_change_that_meets_the_slice_is_noted_and_seen_by_the_next_slice(self):
        with self.transaction() as env:
            export = env['xero.export'].browse(self.export_id)
            export.read(['revision'])       # the person's snapshot is older than what the slice writes
            with self.transaction() as slice_env:
                slice_env['xero.export'].browse(self.export_id).message = "Settled"
                slice_env['xero.connection'].browse(self.connection_id).cron_id.lastcall = '2026-11-02 10:00:00'
                slice_env.cr.commit()
            with export._never_failing(export, exports=export):
                export._touch()
                env.flush_all()
            env.cr.commit()     # the person's transaction goes on
        with self.transaction() as env:
            self.assertTrue(env['xero.export'].browse(self.export_id).checked_at, "the change itself could not be written")
            [note] = env['xero.change.note'].search([('connection_ref', '=', self.connection_id)])
            self.assertEqual(note.export_ref, self.export_id)
            self.assertTrue(env['ir.cron.trigger'].search([('cron_id', '=', env['xero.connection'].browse(self.connection_id).cron_id.id)]))
            env['xero.change.note']._apply_all(env['xero.connection'].browse(self.connection_id))
            self.assertFalse(note.exists())
            self.assertFalse(env['xero.export'].browse(self.export_id).checked_at)
