from datetime import date

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_date, format_datetime

from ...const import ADMIN_ROLE, FINAL_STATUSES
from ...tools.xero_money import round_half_up, to_decimal


class XeroCertificate(models.Model):
    """How the documents of a month stand in Odoo and in Xero: how many agree, which do not, and the totals of both sides.

    It is taken from what exports and differences say, without a call; the last comparison of all documents says how recent that is.
    """
    _name = 'xero.certificate'
    _inherit = 'xero.guarded'
    _description = "Month-End Certificate"
    _order = 'month desc, connection_id'

    connection_id = fields.Many2one(
        'xero.connection', required=True, index=True, ondelete='cascade', default=lambda self: self.env['xero.connection'].search([], limit=1))
    month = fields.Date(required=True, default=lambda self: fields.Date.today() - relativedelta(months=1, day=1), help="Any day of the month.")
    taken_at = fields.Datetime(string="Taken on", readonly=True)
    taken_by_id = fields.Many2one('res.users', string="Taken by", readonly=True)
    proved_at = fields.Datetime(string="Compared with Xero on", readonly=True, help="When the last comparison of all documents of the month began.")
    line_ids = fields.One2many('xero.certificate.line', 'certificate_id', string="Totals", readonly=True)
    export_ids = fields.Many2many(
        'xero.export', 'xero_certificate_export_rel', 'certificate_id', 'export_id', string="Documents that do not agree", readonly=True)
    stranger_ids = fields.Many2many(
        'xero.difference', 'xero_certificate_difference_rel', 'certificate_id', 'difference_id', string="Documents that are only in Xero", readonly=True)
    month_label = fields.Char(compute='_compute_summary')
    summary = fields.Char(compute='_compute_summary')
    heading = fields.Char(compute='_compute_summary')
    taken_words = fields.Char(compute='_compute_summary', help="When the certificate was taken and by whom, in a whole sentence.")
    proof_words = fields.Char(compute='_compute_summary')
    is_complete = fields.Boolean(compute='_compute_summary', help="All documents agree or were accepted, and Xero was read after the month.")
    can_print = fields.Boolean(compute='_compute_can_print')

    _month_uniq = models.UniqueIndex('(connection_id, month)', "There is a certificate of this month. Open it and take it again.")

    # === TEXTS === #

    @api.depends('month', 'connection_id')
    @api.depends_context('lang')
    def _compute_display_name(self):
        for certificate in self:
            certificate.display_name = f"{certificate.connection_id.name}, {certificate.month_label}"

    @api.depends('line_ids', 'proved_at', 'month')
    @api.depends_context('lang', 'tz')
    def _compute_summary(self):
        for certificate in self:
            lines = certificate.line_ids
            total, agree, accepted, skipped, only_xero = (
                sum(lines.mapped(f'{name}_count')) for name in ('odoo', 'agree', 'accepted', 'skipped', 'only_xero'))
            words = [self.env._("%(agree)s of %(total)s documents agree.", agree=agree, total=total)]
            if accepted:
                words.append(self.env._("Different and accepted: %(count)s.", count=accepted))
            if skipped:
                words.append(self.env._("Skipped, so only in Odoo: %(count)s.", count=skipped))
            if only_xero:
                words.append(self.env._("Only in Xero: %(count)s.", count=only_xero))
            certificate.month_label = certificate.month and format_date(self.env, certificate.month, date_format='MMMM yyyy')
            certificate.summary = ' '.join(words)
            certificate.heading = self.env._("Odoo and Xero, %(month)s", month=certificate.month_label)
            certificate.taken_words = certificate._taken_words()
            is_recent = certificate._is_recent()
            certificate.is_complete = is_recent and agree + accepted == total and not only_xero
            certificate.proof_words = certificate._proof_words(is_recent)

    def _taken_words(self):
        """Return, for people, when Xero was read, when the certificate was taken, and by whom."""
        names = {
            'taken': self.taken_at and format_datetime(self.env, self.taken_at), 'user': self.taken_by_id.name,
            'compared': self.proved_at and format_datetime(self.env, self.proved_at)}
        if not self.proved_at:
            return self.env._("Taken on %(taken)s by %(user)s.", **names)
        return self.env._("Compared with Xero on %(compared)s, taken on %(taken)s by %(user)s.", **names)

    def _is_recent(self):
        """Return whether the last comparison began when the month was over where the company is."""
        return bool(self.proved_at) and self.env['xero.proof']._day_of(self.connection_id, self.proved_at) > self._last_day()

    def _proof_words(self, is_recent):
        """Return, for people, how recent the numbers of Xero are."""
        if not self.proved_at:
            return self.env._("Documents of this month were not compared with Xero as a whole: each is shown as Xero last answered.")
        if not is_recent:
            return self.env._("The last comparison with Xero began before the month was over.")
        return False

    def _compute_can_print(self):
        state = self.env['ir.actions.report'].sudo().get_wkhtmltopdf_state()
        self.can_print = state not in ('install', 'broken')

    def _last_day(self):
        return (self.month or date.min) + relativedelta(months=1, days=-1)

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        vals_list = [self._with_first_day(vals) for vals in vals_list]
        for vals in vals_list:
            # The index would refuse it too, with an error in the log
            if vals.get('month') and self.sudo().search_count([('connection_id', '=', vals.get('connection_id')), ('month', '=', vals['month'])], limit=1):
                raise UserError(self.env._("There is a certificate of this month. Open it and take it again."))
        certificates = super().create(vals_list)
        certificates._take()
        return certificates

    def write(self, vals):
        result = super().write(self._with_first_day(vals))
        if not self.env.su and vals.keys() & {'month', 'connection_id'}:
            self._take()
        return result

    @api.model
    def _with_first_day(self, vals):
        return {**vals, 'month': fields.Date.to_date(vals['month']).replace(day=1)} if vals.get('month') else vals

    # === TAKING IT === #

    def action_take(self):
        """Take the numbers again."""
        if not self.env.user.has_group(ADMIN_ROLE):
            raise AccessError(self.env._(
                "Only an invoice admin can take a certificate. Ask %(admins)s.", admins=self.sudo().connection_id._admin_names()))
        self.check_access('write')
        self._take()
        return True

    def _take(self):
        for certificate in self.sudo():
            exports, strangers = certificate._exports(), certificate._only_in_xero()
            lost = self.env['xero.difference']._lost(exports)
            verdicts = certificate._verdicts(exports, lost)
            groups = {}
            for record in [*exports, *strangers]:
                groups.setdefault((record.kind, record.company_id or certificate._only_company(), record.currency_id), []).append(record)
            certificate.write({
                'taken_at': fields.Datetime.now(), 'taken_by_id': self.env.uid,
                'proved_at': certificate._last_proof(),
                'export_ids': [fields.Command.set([export.id for export in exports if verdicts[export] in ('different', 'skipped')])],
                'stranger_ids': [fields.Command.set(strangers.ids)],
                'line_ids': [fields.Command.clear(), *(
                    fields.Command.create({
                        'kind': kind, 'company_id': company.id, 'currency_id': currency.id, **certificate._line_values(records, verdicts, lost)})
                    for (kind, company, currency), records in groups.items())],
            })

    def _only_company(self):
        """Return the connection's company if it has only one: what is only in Xero would be a document of it."""
        companies = self.connection_id.company_ids
        return companies if len(companies) == 1 else companies[:0]

    def _period(self, field):
        return [('connection_id', '=', self.connection_id.id), (field, '>=', self.month), (field, '<=', self._last_day())]

    def _exports(self):
        """Return the exports of the month's documents that are in Xero, have to be there, or were skipped by a person."""
        kinds = [kind._kind_name() for kind in self.env['xero.kind']._all() if kind._is_proved]
        found = self.env['xero.export'].search([
            *self._period('document_date'), ('kind', 'in', kinds), '|', ('state', '!=', 'skipped'), ('skip_rule', '=', False)])
        return found.filtered(lambda export: (
            export._desired_state() == 'present' if export.state == 'skipped' else not (export._is_compared_equal() and export._is_undone())))

    def _only_in_xero(self):
        return self.env['xero.difference'].search([*self._period('document_date'), ('topic', '=', 'only_xero'), ('state', '=', 'open')])

    def _last_proof(self):
        """Return when the last complete comparison began that has covered the whole month."""
        proof = self.env['xero.proof'].search([
            ('connection_id', '=', self.connection_id.id), ('ended_at', '!=', False), ('error', '=', False), ('since', '<=', self.month)], limit=1)
        return proof.started_at

    def _verdicts(self, exports, lost):
        """Return a dict: export → `agrees`, `accepted`, `skipped` or `different`.

        :param lost: those of the exports whose documents are not in Xero any more.
        """
        Difference = self.env['xero.difference']
        accepted = Difference._acceptances(exports)
        open_rows = set(Difference.search([('export_id', 'in', exports.ids), ('state', '=', 'open')]).export_id)
        return {export: self._verdict(export, open_rows, accepted, lost) for export in exports}

    def _verdict(self, export, open_rows, accepted, lost):
        if export.state == 'skipped':
            return 'skipped'
        if export in open_rows or export.difference or not export._is_compared_equal():
            return 'different'
        if export in accepted:
            return 'accepted'
        is_equal = not export._kind()._has_own_total or round_half_up(to_decimal(export.xero_total)) == round_half_up(to_decimal(export.amount_total))
        if is_equal and export not in lost and export.xero_status not in FINAL_STATUSES:
            return 'agrees'
        return 'different'

    def _line_values(self, records, verdicts, lost):
        """Return the values of a line.

        :param list records: exports, and differences about what is only in Xero.
        :param lost: exports whose documents are not in Xero any more.
        """
        exports = [record for record in records if record._name == 'xero.export']
        in_xero = [export for export in exports if export.xero_id and export not in lost and export.xero_status not in FINAL_STATUSES]
        strangers = [record for record in records if record._name != 'xero.export']
        return {
            'odoo_count': len(exports), 'odoo_total': sum(export.amount_total for export in exports),
            'xero_count': len(in_xero) + len(strangers),
            'xero_total': sum(record.xero_total for record in [*in_xero, *strangers]),
            'only_xero_count': len(strangers),
            **{f'{name}_count': sum(1 for export in exports if verdicts[export] == verdict)
               for name, verdict in (('agree', 'agrees'), ('accepted', 'accepted'), ('skipped', 'skipped'))},
        }

    # === ACTIONS === #

    def action_exports(self):
        """Open the documents that do not agree."""
        self.ensure_one()
        action = self.env['ir.actions.act_window']._for_xml_id('account_xero.xero_export_action')
        return {**action, 'domain': [('id', 'in', self.export_ids.ids)], 'context': {}}

    def action_differences(self):
        """Open the differences of the month, also those that were settled."""
        self.ensure_one()
        action = self.env['ir.actions.act_window']._for_xml_id('account_xero.xero_difference_action')
        return {**action, 'domain': self._period('document_date'), 'context': {'search_default_group_by_topic': 1}}

    def action_compare(self):
        """Compare all documents of the open periods with Xero as soon as possible."""
        self.ensure_one()
        self.check_access('write')
        self.env['xero.proof'].sudo()._request(self.connection_id.sudo(), self.env.user)
        return self.connection_id._notify('info', self.env._(
            "All documents of the periods that are open in Xero are compared in the background. Take the certificate again after that."))

    def action_print(self):
        """Download the certificate as PDF."""
        self.ensure_one()
        self.check_access('read')
        if not self.can_print:
            raise UserError(self.env._("This server cannot make PDF files: wkhtmltopdf is not installed. Ask your administrator, or export the list."))
        return self.env.ref('account_xero.xero_certificate_report').report_action(self)


class XeroCertificateLine(models.Model):
    """The totals of one type, company and currency."""
    _name = 'xero.certificate.line'
    _description = "Line of a Month-End Certificate"
    _order = 'kind, currency_id'

    certificate_id = fields.Many2one('xero.certificate', required=True, readonly=True, index=True, ondelete='cascade')
    connection_id = fields.Many2one(related='certificate_id.connection_id', store=True)
    month = fields.Date(related='certificate_id.month', store=True)
    kind = fields.Selection(selection='_selection_kind', string="Type", readonly=True)
    company_id = fields.Many2one('res.company', readonly=True, help="Empty for what is only in Xero, if the connection has several companies.")
    currency_id = fields.Many2one('res.currency', readonly=True)
    odoo_count = fields.Integer(string="In Odoo", readonly=True)
    xero_count = fields.Integer(string="In Xero", readonly=True)
    agree_count = fields.Integer(string="Agree", readonly=True)
    accepted_count = fields.Integer(string="Accepted", readonly=True)
    skipped_count = fields.Integer(string="Skipped", readonly=True)
    only_xero_count = fields.Integer(string="Only in Xero", readonly=True)
    odoo_total = fields.Monetary(string="Total in Odoo", readonly=True)
    xero_total = fields.Monetary(string="Total in Xero", readonly=True)
    gap = fields.Monetary(string="Xero less Odoo", compute='_compute_gap')

    @api.model
    def _selection_kind(self):
        return self.env['xero.export']._selection_kind()

    @api.depends('odoo_total', 'xero_total')
    def _compute_gap(self):
        for line in self:
            line.gap = line.xero_total - line.odoo_total
