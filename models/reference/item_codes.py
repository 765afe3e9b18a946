"""Which item of Xero a product is, and why it has none."""
from typing import NamedTuple

from odoo import models
from odoo.tools import SQL

from ...const import ITEM_CODE_LENGTH
from ...tools.xero_text import clean_line, text_length
from .xero_item import LONGEST_REFERENCE, REFERENCE_KEY, REFUSED, item_key
from .xero_reference_mixin import ACTIVE


class Choice(NamedTuple):
    """The item of a product.

    `item` is the `xero.item`, empty if Xero has none. `obstacle` is why lines go without a code: `none` (no reference), `long`, `shared` (by
    two products), `missing` (to be created), `refused`, `tracked`; empty if there is none. `holder_ids` are the ids of all products with
    the reference, if it is `shared`.
    """
    item: models.BaseModel
    obstacle: str
    holder_ids: tuple = ()

    def code(self, use: str) -> str | None:
        """Return the code for lines of a use (`sale` or `purchase`), None if they go without."""
        fits = not self.obstacle and (self.item.is_sold if use == 'sale' else self.item.is_purchased)
        return self.item.code if fits else None


class ItemCodes:
    """The items of some products in one connection, found with a constant number of queries. Expects a connection in `sudo()`."""

    def __init__(self, connection: models.BaseModel, products: models.BaseModel) -> None:
        """Find the items.

        :param connection: one `xero.connection`.
        :param products: `product.product`.
        """
        self._connection = connection
        products = products.sudo()
        references = {product.id: clean_line(product.default_code, LONGEST_REFERENCE) for product in products}
        keys = {item_key(reference) for reference in references.values() if reference}
        self._items = self._find_items(keys)
        self._holders = self._find_holders(keys)
        self.choices = {product: self._choose(product, references[product.id]) for product in products}

    def _find_items(self, keys):
        rows = self._connection.env['xero.item'].sudo().search_fetch(
            [('connection_id', '=', self._connection.id), ('code_key', 'in', list(keys)), ('status', 'in', (ACTIVE, REFUSED))]) if keys else ()
        found = {}
        for row in rows:
            found.setdefault(row.code_key, []).append(row)
        return found

    def _find_holders(self, keys):
        """Return a dict: key → ids of the active products with such a reference in the connection's companies, and those above them."""
        env = self._connection.env
        if not keys:
            return {}
        env['product.product'].flush_model(['default_code', 'active', 'product_tmpl_id'])
        env['product.template'].flush_model(['company_id'])
        companies = env['res.company'].sudo().search([('id', 'child_of', self._connection.company_ids.ids)]).parent_ids
        key = SQL(REFERENCE_KEY)     # has an index
        rows = env.execute_query(SQL(
            """SELECT product.key, array_agg(product.id)
                 FROM (SELECT id, product_tmpl_id, %(key)s AS key FROM product_product
                        WHERE active AND default_code IS NOT NULL AND %(key)s = ANY(%(keys)s)) product
                 JOIN product_template template ON template.id = product.product_tmpl_id
                WHERE template.company_id IS NULL OR template.company_id = ANY(%(companies)s)
             GROUP BY 1""", key=key, keys=list(keys), companies=companies.ids))
        return dict(rows)

    def _choose(self, product, reference):
        Item, key = self._connection.env['xero.item'].sudo(), item_key(reference)
        rows = self._items.get(key, [])
        # Where Xero has the code in upper and in lower case, the one that is written the same counts
        item = next((row for row in sorted(rows, key=lambda row: (row.status != ACTIVE, row.code != reference, row.id))), Item)
        holder_ids = {product.id, *self._holders.get(key, ())}
        if not reference:
            obstacle = 'none'
        elif len(holder_ids) > 1:
            return Choice(item, 'shared', tuple(sorted(holder_ids)))
        elif text_length(reference) > ITEM_CODE_LENGTH:
            obstacle = 'long'
        elif not item:
            obstacle = 'missing'
        elif item.status == REFUSED:
            obstacle = 'refused'
        else:
            obstacle = 'tracked' if item.is_tracked else ''
        return Choice(item, obstacle)

    def code(self, product: models.BaseModel, use: str) -> str | None:
        """Return the code for lines with a product, None if they go without.

        :param str use: `sale` or `purchase`.
        """
        choice = self.choices.get(product)
        return choice and choice.code(use)

    def missing(self) -> list:
        """Return the products whose items have to be created in Xero."""
        return [product for product, choice in self.choices.items() if choice.obstacle == 'missing']
