from odoo import models
from odoo.fields import Domain


class ProductTemplate(models.Model):
    _name = 'product.template'
    _inherit = ['product.template', 'xero.shown.mapping', 'xero.shown.item']

    def _xero_item_products(self):
        return self.product_variant_ids

    def _xero_mappings(self):
        """Return the rows of the accounts and taxes that documents get from this product, without fiscal positions."""
        return self.env['xero.mapping'].search(Domain.OR(self._xero_mapping_domain(company) for company in self.env.companies))

    def _xero_mapping_domain(self, company):
        """Return the domain of the rows of this product for one company."""
        product, tax_key = self.with_company(company), self.env['xero.mapped.tax']._source_key
        accounts = product._get_product_accounts()
        domains = []
        for use, is_used, account, taxes in (
            ('sale', product.sale_ok, accounts['income'], product.taxes_id),
            ('purchase', product.purchase_ok, accounts['expense'], product.supplier_taxes_id),
        ):
            if is_used:
                taxes = taxes._filter_taxes_by_company(company)
                domains.append(Domain('type', '=', 'account') & Domain('account_id', '=', account.id))
                domains.append(Domain('type', '=', 'tax') & Domain('source_key', '=', tax_key(taxes, use)))
        return Domain('company_id', '=', company.id) & Domain.OR(domains)
