import { expect, test } from "@odoo/hoot";
import { queryAllTexts } from "@odoo/hoot-dom";
import { fields, mountView, serverState } from "@web/../tests/web_test_helpers";
import { defineXeroModels, XeroExport } from "./export_test_helpers";

defineXeroModels();

test("the badge says what became of a synced document, and why", async () => {
    XeroExport._fields.shown_state = fields.Selection({
        selection: [
            ["failed", "Failed"],
            ["waiting", "Waiting"],
            ["paid", "Paid"],
        ],
    });
    XeroExport._fields.state_hint = fields.Text();
    XeroExport._records = [
        { id: 1, document_name: "INV/0001", state: "failed", shown_state: "failed", state_hint: "No account is chosen." },
        { id: 2, document_name: "INV/0002", state: "synced", shown_state: "paid" },
    ];
    await mountView({
        type: "list",
        resModel: "xero.export",
        arch: `
            <list>
                <field name="shown_state" column_invisible="1"/>
                <field name="state_hint" column_invisible="1"/>
                <field name="state" widget="xero_state_badge"/>
            </list>`,
    });
    expect(queryAllTexts(".badge")).toEqual(["Failed", "Paid"]);
    expect(".badge.text-bg-danger").toHaveAttribute("title", "No account is chosen.");
    expect(".badge.text-bg-success").not.toHaveAttribute("title");
});

test("an amount has the code of a currency that is not the company's", async () => {
    serverState.currencies = [
        { id: 1, name: "AUD", symbol: "$", position: "before" },
        { id: 2, name: "USD", symbol: "$", position: "before" },
    ];
    XeroExport._fields.amount_total = fields.Monetary({ currency_field: "currency_id" });
    XeroExport._fields.currency_id = fields.Many2one({ relation: "res.currency" });
    XeroExport._records = [
        { id: 1, document_name: "INV/0001", amount_total: 1234.5, currency_id: 1 },
        { id: 2, document_name: "INV/0002", amount_total: 10, currency_id: 2 },
    ];
    await mountView({
        type: "list",
        resModel: "xero.export",
        arch: `
            <list>
                <field name="currency_id" column_invisible="1"/>
                <field name="amount_total" widget="xero_money"/>
            </list>`,
    });
    expect(queryAllTexts("[name=amount_total].o_data_cell")).toEqual(["$ 1,234.50", "USD 10.00"]);
});
