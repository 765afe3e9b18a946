from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..const import ADMIN_ROLE
from ..models.reference.xero_status import status_label
from ..tools.client_action import first_warning
from ..tools.xero_money import line_amount, tax_amount, to_decimal


class XeroCheckDocument(models.TransientModel):
    """One document in a check: what would be sent, the total that Xero would compute, and each reason why it would fail."""
    _name = 'xero.check.document'
    _inherit = 'xero.dialog'
    _description = "Document in a Check against Xero"
    _order = 'is_in_xero, is_ready, id'     # stopped documents first
    _rec_name = 'name'

    check_id = fields.Many2one('xero.check', required=True, ondelete='cascade', index=True)
    move_id = fields.Many2one('account.move', string="Document", readonly=True, ondelete='cascade')
    name = fields.Char(string="Number", readonly=True)
    connection_id = fields.Many2one('xero.connection', readonly=True, ondelete='cascade')
    partner_id = fields.Many2one(related='move_id.commercial_partner_id', related_sudo=False)
    contact_name = fields.Char(string="Contact in Xero", readonly=True)
    date = fields.Date(string="Date in Xero", readonly=True)
    status = fields.Char(string="Arrives as", readonly=True)
    reference = fields.Char(readonly=True)
    currency_id = fields.Many2one('res.currency', readonly=True)
    amount_total = fields.Monetary(string="Total", readonly=True)
    predicted_total = fields.Monetary(string="Total in Xero", readonly=True, help="The total that Xero will compute from the lines.")
    is_ready = fields.Boolean(string="Ready", readonly=True)
    is_in_xero = fields.Boolean(string="In Xero", readonly=True, help="It is already in Xero, and no change waits to be sent.")
    problems = fields.Text(readonly=True)
    reason_ids = fields.Many2many('xero.check.reason', readonly=True)
    why_not = fields.Char(string="Why not", compute='_compute_why_not', help="The reasons in a few words.")
    note = fields.Text(readonly=True)
    is_exported = fields.Boolean(readonly=True, help="It was exported from the check.")
    is_alone = fields.Boolean(compute='_compute_is_alone', help="It was checked alone.")
    can_export = fields.Boolean(compute='_compute_can_export', help="It is ready and posted, so it can be exported now.")
    needs_mapping = fields.Boolean(compute='_compute_fixes')
    contact_label = fields.Char(compute='_compute_fixes')
    is_journal = fields.Boolean(readonly=True, help="Its lines have amounts, but neither quantities nor taxes.")
    line_ids = fields.One2many('xero.check.line', 'document_id', string="Lines", readonly=True)

    # === FILLING === #

    @api.model
    def _prepare(self, rehearsal):
        """Return the values of the document of a `Rehearsal`."""
        move, element, kind = rehearsal.document, rehearsal.built.element, rehearsal.kind
        total = float(rehearsal.built.total)
        return {
            'move_id': move.id,
            'name': move.display_name,
            'connection_id': rehearsal.connection.id,
            'contact_name': self.env._("%(name)s (new)", name=rehearsal.contact_name)
            if rehearsal.is_new_contact and rehearsal.contact_name else rehearsal.contact_name,
            'date': element.get('Date'),
            'status': status_label(self.env, element.get('Status')),
            'reference': element.get('Reference'),
            'is_journal': not kind._has_quantities,
            'currency_id': (move.currency_id if kind._has_own_total else move.company_currency_id).id,
            'amount_total': move.amount_total if kind._has_own_total else total,
            'predicted_total': total,
            'is_ready': not rehearsal.problems and not rehearsal.is_in_xero,
            'is_in_xero': rehearsal.is_in_xero,
            'is_exported': False,
            'problems': '\n'.join(dict.fromkeys(problem.message for problem, _source in rehearsal.problems)),
            'note': '\n'.join([*self._notes(rehearsal), *rehearsal.warnings]),
            'line_ids': [
                fields.Command.create(values)
                for values in self.env['xero.check.line']._prepare(rehearsal.connection, element)],
        }

    def _notes(self, rehearsal):
        """Yield sentences for people about a document that do not stop it."""
        move, connection = rehearsal.document, rehearsal.connection
        in_xero = move.xero_export_ids.filtered('xero_id')[:1]
        if in_xero:
            yield self.env._("It is already in Xero, as %(number)s.", number=in_xero.xero_number)
        if move.state == 'draft' and rehearsal.problems:
            yield self.env._("It is a draft. Fix the problems, then confirm it.")
        elif move.state == 'draft':
            yield self.env._("It is a draft, and is sent when it is confirmed.")
        if connection and not move._xero_is_automatic(connection):
            yield self.env._(
                "By the policies of %(connection)s it is not sent automatically, but only when a user exports it.", connection=connection.name)

    @api.depends('is_ready', 'is_exported', 'move_id.state')
    def _compute_can_export(self):
        for document in self:
            document.can_export = document.is_ready and not document.is_exported and document.move_id.sudo().state == 'posted'

    @api.depends('check_id.document_ids')
    def _compute_is_alone(self):
        for document in self:
            document.is_alone = len(document.check_id.document_ids) == 1

    @api.depends('reason_ids.title')
    def _compute_why_not(self):
        for document in self:
            document.why_not = ' · '.join(document.reason_ids.mapped('title'))

    @api.depends('reason_ids')
    def _compute_fixes(self):
        labels = dict(self.env['xero.check.reason']._fields['fix']._description_selection(self.env))
        for document in self:
            reasons = document.reason_ids
            document.needs_mapping = bool(reasons.mapping_id)
            document.contact_label = 'contact' in reasons.mapped('cause') and (
                labels[document._contact_fix()])

    def _contact_fix(self):
        """Return how the user fixes the contacts of these documents: by a choice, on the partners, or by asking; a value of a reason's `fix`."""
        if self._uncertain():
            return 'choice'
        return 'partner' if self.partner_id.has_access('write') else 'ask_contact'

    def _uncertain(self):
        """Return a connection and the first partner of these documents whose contact is uncertain, if the user may choose it; else None."""
        if not self.env.user.has_group(ADMIN_ROLE):
            return None
        Contact = self.env['xero.contact'].sudo()
        for connection, documents in self.grouped('connection_id').items():
            partners = connection.sudo()._partners_of(documents.move_id.sudo())
            linked = Contact.search([('connection_id', '=', connection.id), ('partner_id', 'in', partners.ids)]).partner_id
            for partner in Contact._candidates_by_partner(connection.sudo(), partners - linked):
                return connection, partner.with_env(self.env)
        return None

    # === ACTIONS === #

    def action_open_document(self):
        """Open the document in Odoo."""
        self._check_mine()
        return {'type': 'ir.actions.act_window', 'res_model': 'account.move', 'res_id': self.move_id.id, 'views': [(False, 'form')]}

    def action_mapping(self):
        """Open the decisions that the document needs, or all decisions of its connection."""
        self._check_mine()
        rows = self.reason_ids.mapping_id
        action = self.env['ir.actions.act_window']._for_xml_id('account_xero.xero_mapping_action')
        return {**action, 'domain': [('id', 'in', rows.ids)] if rows else [('connection_id', '=', self.connection_id.id)]}

    def action_ask(self):
        """Ask the invoice admins for the decisions that the document needs, because the user may not make them."""
        self._check_mine()
        answers = [reason.action_ask() for reason in self.reason_ids if reason.mapping_id]
        return first_warning(answers) or answers[-1]

    def action_contact(self):
        """Open the dialog that chooses the contact, or the partner, or ask who may change it."""
        self._check_mine()
        return self.reason_ids.filtered(lambda reason: reason.cause == 'contact')[:1]._fix_contacts(self)

    def action_again(self):
        """Check the document again, after something was fixed."""
        self._check_mine()
        return self.check_id.action_again()

    def action_export(self):
        """Export the document, and show the progress."""
        self._check_mine()
        return self._export()

    def _export(self):
        """Export those of the documents that are ready and posted.

        :raise UserError: there are none.
        """
        documents = self.filtered('can_export')
        if not documents:
            raise UserError(self.env._("No posted document is ready to be exported. Fix the problems or confirm the drafts, then check again."))
        documents.sudo().is_exported = True
        return documents.move_id.action_xero_export()

    def _open(self):
        self.ensure_one()
        return {**self.check_id._open(), 'res_model': self._name, 'res_id': self.id}


class XeroCheckLine(models.TransientModel):
    """One line as it would be sent to Xero."""
    _name = 'xero.check.line'
    _inherit = 'xero.dialog'
    _description = "Line in a Check against Xero"
    _order = 'id'

    document_id = fields.Many2one('xero.check.document', required=True, ondelete='cascade', index=True)
    currency_id = fields.Many2one(related='document_id.currency_id', related_sudo=False)
    description = fields.Text(readonly=True)
    quantity = fields.Float(digits=(16, 4), readonly=True)
    unit_amount = fields.Float(string="Price", digits=(16, 4), readonly=True)
    discount = fields.Float(string="Disc. %", digits=(16, 2), readonly=True)
    account = fields.Char(readonly=True)
    tax = fields.Char(readonly=True)
    net = fields.Monetary(readonly=True)
    tax_amount = fields.Monetary(string="Tax amount", readonly=True)
    tracking = fields.Char(readonly=True)
    is_text = fields.Boolean(readonly=True)

    @api.model
    def _prepare(self, connection, element):
        """Yield the values of the lines of an element, with names instead of codes."""
        accounts = self.env['xero.account'].sudo().search([('connection_id', '=', connection.id)])
        by_code, by_id = accounts.grouped('code'), accounts.grouped('xero_id')
        rates = self.env['xero.tax.rate'].sudo().search([('connection_id', '=', connection.id)]).grouped('tax_type')
        options = self.env['xero.tracking.option'].sudo().search([('connection_id', '=', connection.id)]).grouped('xero_id')
        for line in element.get('LineItems') or element.get('JournalLines') or ():
            values = {'description': line['Description'], 'is_text': not {'Quantity', 'LineAmount'} & line.keys()}
            if not values['is_text']:
                account = by_code.get(line.get('AccountCode')) or by_id.get(line.get('AccountID'))
                values.update(
                    account=account.display_name if account else False,
                    tracking=', '.join(options[option['TrackingOptionID']].display_name for option in line.get('Tracking', ())),
                    **(self._prepare_amounts(line, rates.get(line.get('TaxType'))) if 'Quantity' in line else {'net': float(line['LineAmount'])}))
            yield values

    @api.model
    def _prepare_amounts(self, line, rate):
        net = line_amount(line['Quantity'], line['UnitAmount'], line.get('DiscountRate'))
        tax = line.get('TaxAmount', tax_amount(net, to_decimal(rate.rate)) if rate else Decimal(0))
        return {
            'quantity': float(line['Quantity']), 'unit_amount': float(line['UnitAmount']), 'discount': float(line.get('DiscountRate') or 0),
            'tax': rate.display_name if rate else False, 'net': float(net), 'tax_amount': float(tax)}
