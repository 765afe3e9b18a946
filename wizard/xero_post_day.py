from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..models.connection.conflicts import mute_conflicts
from ..models.export.xero_export import STATES
from ..tools.client_action import notification

DAYS_LIMIT = 400    # of all journals together: a year of one journal, and some seconds of work


class XeroPostDay(models.TransientModel):
    """*Post day to Xero*: shows the totals of days of some journals, and posts them now instead of when they are over.

    Days are queued only if all of them can be sent. Otherwise all problems are listed, to be fixed first.
    """
    _name = 'xero.post.day'
    _inherit = 'xero.dialog'
    _description = "Post Day to Xero"

    journal_ids = fields.Many2many(
        'account.journal', string="Journals", required=True, domain=[('xero_mode', '=', 'day')],
        help="Journals that are exported as one manual journal per day.")
    date_from = fields.Date(string="From", required=True)
    date_to = fields.Date(string="To", required=True)
    line_ids = fields.One2many('xero.post.day.line', 'post_id', compute='_compute_line_ids', store=True, readonly=True)
    # Decisions are made in its lines. It has a method of its own, because what is written together is not computed
    reason_ids = fields.One2many('xero.post.day.reason', 'post_id', compute='_compute_reason_ids', store=True, readonly=False)
    can_decide = fields.Boolean(compute='_compute_decisions', help="Whether the user may decide some of them.")
    is_outdated = fields.Boolean(compute='_compute_decisions', help="Whether something was decided since the problems were found.")

    @api.depends('journal_ids', 'date_from', 'date_to')
    def _compute_line_ids(self):
        Day = self.env['xero.journal.day'].sudo()
        for post in self:
            keys = post._keys()
            days, turnovers = Day._find(keys).grouped(lambda day: (day.journal_id, day.date)), Day._turnovers(keys)
            post.line_ids = [fields.Command.clear(), *(
                fields.Command.create(self.env['xero.post.day.line']._prepare(journal, date, days.get((journal, date), Day), *turnovers[journal, date]))
                for journal, date in keys if (journal, date) in turnovers)]

    @api.depends('journal_ids', 'date_from', 'date_to')
    def _compute_reason_ids(self):
        self.reason_ids = [fields.Command.clear()]     # those of the former days

    @api.depends('reason_ids.mapping_id', 'reason_ids.is_settled')
    def _compute_decisions(self):
        for post in self:
            post.can_decide = any(post.reason_ids.mapped('can_decide'))
            post.is_outdated = any(post.reason_ids.mapped('is_settled'))

    @api.model
    def _open_for(self, journals, date_from=None, date_to=None):
        """Return the dialog; the journals, with a notification, if none of them is exported by day.

        :param journals: `account.journal`; those that are not exported by day are left out.
        :param date date_from: the first of the days that wait if None, as `date_to` the last one; today if none waits.
        :raise UserError: no journal is exported by day, and the user may not change that.
        """
        journals = journals.filtered(lambda journal: journal._xero_mode() == 'day' and journal._xero_connection())
        if not journals:
            return self._lead_to_journals()
        first, last = self._waiting_period(journals)
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Post Day to Xero"),
            'res_model': self._name,
            'views': [(False, 'form')],
            'target': 'new',
            'context': {
                'default_journal_ids': journals.ids, 'default_date_from': str(date_from or first), 'default_date_to': str(date_to or last),
                'dialog_size': 'extra-large',
            },
        }

    @api.model
    def action_open_all(self):
        """Open the dialog for all journals that are exported by day."""
        return self._open_for(self.env['account.journal'].search([('xero_mode', '=', 'day')]))

    def _lead_to_journals(self):
        """Return the action that says that no journal is exported by day, and opens the journals.

        :raise UserError: the user may not choose it there.
        """
        Journal = self.env['account.journal']
        if not Journal.has_access('write'):
            raise UserError(self.env._(
                "No journal is exported as one manual journal per day. Somebody with the right to change journals, such as an accounting "
                "administrator, can choose this on the journal, under Goes to Xero as."))
        return notification(
            'warning', self.env._("No journal is exported as one manual journal per day. Choose this on the journal, under Goes to Xero as."),
            next_action=self.env['ir.actions.act_window']._for_xml_id('account.action_account_journal_form'))

    @api.model
    def _waiting_period(self, journals):
        """Return the first and the last of the days of some journals that wait or failed; today in the company's time zone if there are none.

        If there are more days between than one dialog can hold, the last ones count.
        """
        [(first, last)] = self.env['xero.export']._read_group(
            [('day_id.journal_id', 'in', journals.ids), ('state', 'in', ('waiting', 'failed', 'uncertain')), ('operation', '!=', 'void')],
            [], ['document_date:min', 'document_date:max'])
        if not first:
            first = last = self.env['xero.journal.day']._today(journals[0].company_id)
        return max(first, last - timedelta(days=DAYS_LIMIT // len(journals) - 1)), last

    # === THE DAYS === #

    def _keys(self):
        """Return pairs of a journal and a date of the period on which it has entries, by date."""
        if not (self.journal_ids and self.date_from and self.date_to):
            return []
        journals = self.journal_ids._origin
        entries = self.env['account.move']._read_group(
            self.env['xero.journal.day']._entries_domain()
            & Domain([('journal_id', 'in', journals.ids), ('date', '>=', self.date_from), ('date', '<=', self.date_to)]), ['journal_id', 'date:day'])
        if len(entries) > DAYS_LIMIT:
            raise UserError(self.env._("These are more than %(limit)s days. Choose a shorter period.", limit=DAYS_LIMIT))
        return sorted(entries, key=lambda entry: (entry[1], entry[0].id))

    def _find_or_create_days(self):
        """Return the days of the period that have entries, or are in Xero; missing records of days are created."""
        days = self.env['xero.journal.day'].sudo()._find_or_create(self._keys())
        journals = self.journal_ids
        emptied = self.env['xero.export'].sudo().search([
            ('day_id.journal_id', 'in', journals.ids), ('document_date', '>=', self.date_from), ('document_date', '<=', self.date_to),
            ('xero_id', '!=', False)])
        return (days | emptied.day_id).sorted(lambda day: (day.date, day.journal_id.id))

    # === POSTING === #

    def action_post(self):
        """Post the days, or list their problems."""
        self._check_mine()
        self.env['xero.export'].check_access('read')
        if self.date_from > self.date_to:
            raise UserError(self.env._("The period ends before it begins. Choose a later end."))
        days = self._find_or_create_days()
        if any(day.journal_id._xero_mode() != 'day' for day in days):
            raise UserError(self.env._("A journal is not exported by day any more. Open the dialog again."))
        sums = days._sums()
        rehearsals = self.env['xero.rehearsal']._rehearse(days.filtered(lambda day: sums[day]), in_its_language=True)
        if unrouted := [problem.message for rehearsal in rehearsals if not rehearsal.connection for problem, _source in rehearsal.problems]:
            raise UserError(unrouted[0])
        self.reason_ids.sudo().unlink()
        if any(rehearsal.problems for rehearsal in rehearsals):
            self.env['xero.post.day.reason']._fill(self, rehearsals)
            return self._open()
        emptied = days.sudo().filtered(lambda day: not sums[day] and any(row.xero_id and not row._is_undone() for row in day.export_ids))
        wanted = emptied.union(*(rehearsal.document for rehearsal in rehearsals if not rehearsal.is_in_xero))
        if not wanted:
            raise UserError(self.env._("There is nothing to post: these days have no entries, add up to zero, or are already in Xero without changes."))
        with mute_conflicts(self.env):
            exports = self.env['xero.export'].sudo()._enqueue(wanted)
            self.env['xero.kind.journal_day'].sudo()._post_now(exports)
        return exports.with_env(self.env)._follow_action()

    def _open(self):
        return self._open_large(self.env._("Post Day to Xero"))


class XeroPostDayLine(models.TransientModel):
    """A day that would be posted, with its totals."""
    _name = 'xero.post.day.line'
    _inherit = 'xero.dialog'
    _description = "Day in Post Day to Xero"
    _order = 'date, journal_id'

    post_id = fields.Many2one('xero.post.day', required=True, ondelete='cascade', index=True)
    journal_id = fields.Many2one('account.journal', readonly=True, ondelete='cascade')
    date = fields.Date(readonly=True)
    entry_count = fields.Integer(string="Entries", readonly=True)
    currency_id = fields.Many2one(related='journal_id.company_id.currency_id')
    debit = fields.Monetary(readonly=True)
    credit = fields.Monetary(readonly=True)
    state = fields.Selection(STATES, string="So far", readonly=True, help="The state of the day's export; empty if it was never queued.")

    @api.model
    def _prepare(self, journal, date, day, count, debit, credit):
        return {
            'journal_id': journal.id, 'date': date, 'entry_count': count, 'debit': debit, 'credit': credit, 'state': day.export_ids[:1].state}


class XeroPostDayReason(models.TransientModel):
    """A problem of some days, listed once for all of them. A missing account is chosen there; the dialog stays."""
    _name = 'xero.post.day.reason'
    _inherit = 'xero.decision'
    _description = "Reason in Post Day to Xero"
    _order = 'entry_count desc, id'

    post_id = fields.Many2one('xero.post.day', required=True, readonly=True, ondelete='cascade', index=True)
    day_ids = fields.Many2many('xero.journal.day', readonly=True)
    day_count = fields.Integer(string="Days", readonly=True)
    entry_count = fields.Integer(string="Entries", readonly=True)

    @api.model
    def _fill(self, post, rehearsals):
        """Create the reasons that stop some days.

        :param list rehearsals: of `Rehearsal`.
        """
        Day = self.env['xero.journal.day'].sudo()
        groups = [(key, messages, Day.union(*days).sorted('date')) for key, (messages, days) in self._group_problems(rehearsals).items()]
        self.sudo().create([
            {
                'post_id': post.id, 'cause': cause, 'message': self._message(messages, days.mapped('display_name'), kind), **self._prepare_decision(row),
                'day_ids': [fields.Command.set(days.ids)], 'day_count': len(days), 'entry_count': self._count_entries(row, days),
            } for (cause, row, kind), messages, days in groups])

    def _count_entries(self, mapping, days):
        """Return how many entries of the days a problem stops. If it is about an account, only entries on this account count."""
        domain = Domain('account_id', '=', mapping.account_id.id) if mapping and mapping.account_id else Domain.TRUE
        [(count,)] = self.env['account.move.line'].sudo()._read_group(
            Domain('move_id', 'in', days._entries().ids) & domain, [], ['move_id:count_distinct'])
        return count

    def action_use_suggestion(self):
        """Decide the row as suggested, and return the dialog."""
        self._use_suggestion()
        return self.post_id._open()

    def action_fix(self):
        """Open the mapping rows, the connection or the entries on which the reason can be fixed."""
        self._check_mine()
        if self.mapping_id:
            mappings = self.post_id.reason_ids.mapping_id
            return {**self.env['ir.actions.act_window']._for_xml_id('account_xero.xero_mapping_action'), 'domain': [('id', 'in', mappings.ids)]}
        if self.fix == 'connection':
            return self._list('xero.connection', self._stopped_connection())
        return self._list('account.move', self.env['account.move'].browse(self.day_ids.sudo()._entries().ids))

    def _stopped_connection(self):
        return self.post_id.journal_ids[:1]._xero_connection()
