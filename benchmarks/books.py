"""Documents of the benchmarks: some made by Odoo, many copied from them in SQL, because Odoo needs 20 ms for each."""
from odoo import Command
from odoo.tools import SQL

NOW = SQL("now() AT TIME ZONE 'UTC'")


class Books:
    """Makes posted invoices of three lines with one tax.

    :param stage: the `Stage` with the database.
    """

    def __init__(self, stage):
        self.stage = stage
        self.env = stage.env
        self.tax = self.env['account.chart.template'].ref('au_tax_sale_10')
        self.partner = self.env['res.partner'].create({'name': "Ridgeway Hardware", 'is_company': True, 'country_id': self.env.ref('base.au').id})

    def drafts(self, count, journal=None, price=33.35, quantity=2, day='2026-11-02'):
        """Make drafts through Odoo."""
        line = {'name': "Work", 'quantity': quantity, 'price_unit': price, 'tax_ids': [Command.set(self.tax.ids)]}
        moves = self.env['account.move'].create([{
            'move_type': 'out_invoice', 'partner_id': self.partner.id, 'invoice_date': day, 'date': day,
            **({'journal_id': journal.id} if journal else {}),
            'invoice_line_ids': [Command.create({**line, 'sequence': number}) for number in (1, 2, 3)],
        } for _number in range(count)])
        self.env.flush_all()
        return moves

    def posted(self, journal, **values):
        """Make one posted invoice through Odoo."""
        move = self.drafts(1, journal, **values)
        move.action_post()
        self.stage.commit()
        return move

    # === COPIES IN SQL === #

    def copy(self, template, count):
        """Copy a posted invoice that is not paid, with its items. The copies have no exports.

        :return: the copies (`account.move`).
        """
        self.env.flush_all()
        [(first,)] = self.env.execute_query(SQL("SELECT COALESCE(MAX(sequence_number), 0) FROM account_move WHERE journal_id = %s", template.journal_id.id))
        number = SQL("%s || lpad((%s + copy)::text, 7, '0')", f'{template.sequence_prefix}', first)
        ids = self._copy_rows('account_move', SQL("account_move row, generate_series(1, %s) copy WHERE row.id = %s", count, template.id), {
            'name': number, 'payment_reference': number, 'sequence_number': SQL("%s + copy", first), 'access_token': SQL("NULL"),
            'xero_state': SQL("NULL"), 'create_date': NOW, 'write_date': NOW})
        self._copy_rows('account_move_line', SQL(
            "account_move_line row JOIN account_move move ON move.id = ANY(%s) WHERE row.move_id = %s ORDER BY move.id, row.id", ids, template.id), {
            'move_id': SQL("move.id"), 'move_name': SQL("move.name"), 'create_date': NOW, 'write_date': NOW})
        self.env.cr.execute(SQL(
            """INSERT INTO account_move_line_account_tax_rel (account_move_line_id, account_tax_id)
               SELECT line.id, %s FROM account_move_line line WHERE line.move_id = ANY(%s) AND line.display_type = 'product'""", self.tax.id, ids))
        self.env.invalidate_all()
        return self.env['account.move'].browse(ids)

    def queued(self, template, count):
        """Copy an invoice, and queue the copies as the hook does when documents are posted."""
        moves = self.copy(template, count)
        for start in range(0, count, 1000):
            self.env['xero.export']._enqueue_posted(moves[start:start + 1000])
            self.stage.commit()
        return moves

    def synced(self, template, count):
        """Copy an invoice that is in Xero, and its export, as if the copies were there and had been compared yesterday."""
        moves = self.copy(template, count)
        export = template.xero_export_ids
        yesterday = SQL("%s - interval '1 day'", NOW)
        self._copy_rows('xero_export', SQL("xero_export row JOIN account_move move ON move.id = ANY(%s) WHERE row.id = %s", moves.ids, export.id), {
            'move_id': SQL("move.id"), 'document_name': SQL("move.name"), 'xero_number': SQL("move.name"),
            'xero_id': SQL("gen_random_uuid()::text"), 'checked_at': yesterday, 'write_date': yesterday})
        self.env.cr.execute(SQL(
            "UPDATE account_move SET xero_state = 'synced', write_date = %s - interval '1 day' WHERE id = ANY(%s)", yesterday, moves.ids))
        self.env.cr.execute(SQL("UPDATE account_move_line SET write_date = %s - interval '1 day' WHERE move_id = ANY(%s)", yesterday, moves.ids))
        self.stage.commit()
        return moves

    def touch(self, moves):
        """Have documents written within the last hour, and compared since."""
        self.env.cr.execute(SQL("UPDATE account_move SET write_date = %s - interval '30 minutes' WHERE id = ANY(%s)", NOW, moves.ids))
        self.env.cr.execute(SQL("UPDATE account_move_line SET write_date = %s - interval '30 minutes' WHERE move_id = ANY(%s)", NOW, moves.ids))
        self.env.cr.execute(SQL("UPDATE xero_export SET checked_at = %s - interval '20 minutes' WHERE move_id = ANY(%s)", NOW, moves.ids))
        self.stage.commit()

    def _copy_rows(self, table, source, values):
        """Copy rows of a table.

        :param SQL source: what follows FROM; the rows are called `row`.
        :param dict values: column → SQL of what is not copied.
        :return: list of the new ids.
        """
        columns = [name for (name,) in self.env.execute_query(SQL(
            "SELECT column_name::text FROM information_schema.columns WHERE table_name = %s AND column_name != 'id' AND is_generated = 'NEVER'", table))]
        selected = SQL(", ").join(values.get(name) or SQL("row.%s", SQL.identifier(name)) for name in columns)
        names = SQL(", ").join(map(SQL.identifier, columns))
        return [row_id for (row_id,) in self.env.execute_query(SQL(
            "INSERT INTO %s (%s) SELECT %s FROM %s RETURNING id", SQL.identifier(table), names, selected, source))]
