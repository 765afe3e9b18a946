from odoo import models


class AccountJournal(models.Model):
    """The card of a journal on Odoo's dashboard says how many of its documents failed in Xero."""
    _inherit = 'account.journal'

    def _get_journal_dashboard_data_batched(self):
        data = super()._get_journal_dashboard_data_batched()
        failed = self._xero_failed_counts()
        for journal_id, values in data.items():
            values['xero_failed_count'] = failed.get(journal_id, 0)
        return data

    def _xero_failed_counts(self):
        """Return a dict: ID of a journal → number of its documents that failed, as far as the user may see them."""
        counts = {}
        if self.env['xero.connection']._any_exists() and self.env.user.has_group('account_xero.group_xero_user'):
            for path in self.env['xero.kind']._card_paths():
                groups = self.env['xero.export']._read_group([('state', '=', 'failed'), (path, 'in', self.ids)], [path], ['__count'])
                for journal, count in groups:
                    counts[journal.id] = counts.get(journal.id, 0) + count
        return counts

    def action_xero_failed(self):
        """Open the exports of the journal's documents that failed."""
        self.ensure_one()
        self.check_access('read')
        return {
            **self.env['ir.actions.act_window']._for_xml_id('account_xero.xero_export_action'),
            'domain': list(self.env['xero.kind']._on_cards_domain(self)),
            'context': {'search_default_failed': 1},
        }
