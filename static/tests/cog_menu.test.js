import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { expect, test } from "@odoo/hoot";
import { queryAllTexts } from "@odoo/hoot-dom";
import { contains, defineModels, fields, models, mountView, onRpc } from "@web/../tests/web_test_helpers";

class XeroConnection extends models.Model {
    _name = "xero.connection";
    _records = [
        { id: 1, name: "Harbour", status: "connected" },
        { id: 2, name: "Hinterland", status: "draft" },
    ];
    _views = {
        form: `
            <form js_class="xero_connection_form">
                <header>
                    <button name="action_check" type="object" string="Check…"/>
                    <div name="cog">
                        <button name="action_test" type="object" string="Test connection" icon="fa-stethoscope" invisible="status != 'connected'"/>
                        <button name="action_details" type="object" string="Support details" context="{'asked_by': name}" confirm="Really?"/>
                    </div>
                </header>
                <field name="name"/>
                <field name="status" invisible="1"/>
                <field name="reference_progress" invisible="1"/>
            </form>`,
    };

    name = fields.Char();
    status = fields.Char();
    reference_progress = fields.Char();
}

class XeroConsent extends models.Model {
    _name = "xero.consent";

    count_pending() {
        return 0;
    }
}

defineMailModels();
defineModels([XeroConnection, XeroConsent]);

const ITEMS = ".o-dropdown--menu .o_menu_item";

async function openCog(resId) {
    await mountView({ type: "form", resModel: "xero.connection", resId, loadActionMenus: true });
    await contains(".o_cp_action_menus button:has(.fa-cog)").click();
}

test("buttons of the cog are items of the menu, not of the header", async () => {
    await openCog(1);
    expect(queryAllTexts(".o_statusbar_buttons button")).toEqual(["Check…"]);
    expect(queryAllTexts(ITEMS).slice(0, 2)).toEqual(["Test connection", "Support details"]);
});

test("an item that is invisible for the record is left out", async () => {
    await openCog(2);
    expect(queryAllTexts(ITEMS)).not.toInclude("Test connection");
    expect(queryAllTexts(ITEMS)).toInclude("Support details");
});

test("an item does what its button does: it saves, asks, and calls the method with its context", async () => {
    onRpc("xero.connection", "web_save", ({ args }) => {
        expect.step(`save ${args[1].name}`);
    });
    onRpc("xero.connection", "action_details", ({ args, kwargs }) => {
        expect.step(`details of ${args[0]} by ${kwargs.context.asked_by}`);
        return false;
    });
    await mountView({ type: "form", resModel: "xero.connection", resId: 1, loadActionMenus: true });
    await contains("[name=name] input").edit("Port");
    await contains(".o_cp_action_menus button:has(.fa-cog)").click();
    await contains(`${ITEMS}:contains(Support details)`).click();
    await contains(".modal:contains(Really?) .btn-primary").click();
    expect.verifySteps(["save Port", "details of 1 by Port"]);
});
