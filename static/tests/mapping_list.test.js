import { expect, test } from "@odoo/hoot";
import { animationFrame, Deferred, press, queryAllTexts, runAllTimers } from "@odoo/hoot-dom";
import { defineMailModels, start, startServer } from "@mail/../tests/mail_test_helpers";
import { contains, defineModels, fields, getService, MockServer, models, mountView, onRpc, serverState } from "@web/../tests/web_test_helpers";

class XeroAccount extends models.Model {
    _name = "xero.account";
    _records = [
        { id: 1, name: "200 – Sales" },
        { id: 2, name: "260 – Other Revenue" },
        { id: 3, name: "270 – Interest Income" },
    ];
    name = fields.Char();
}

class XeroMapping extends models.Model {
    _name = "xero.mapping";
    _records = [
        { id: 1, source_name: "Other Income", target_model: "xero.account", target_domain: [], suggested_id: 2, suggestion: "260 – Other Revenue", waiting_count: 2 },
        { id: 2, source_name: "Zzz", target_model: "xero.account", target_domain: [], waiting_count: 2 },
        { id: 3, source_name: "Interest", target_model: "xero.account", target_domain: [], suggested_id: 3, suggestion: "270 – Interest Income" },
    ];
    _views = {
        list: `
            <list js_class="xero_mapping_list" editable="bottom" create="0">
                <field name="source_name" readonly="1"/>
                <field name="target" widget="xero_target" options="{'no_create': True, 'no_open': True}"/>
                <field name="suggestion" readonly="1"/>
                <field name="waiting_count" readonly="1"/>
            </list>`,
    };

    source_name = fields.Char();
    target = fields.Reference({ selection: [["xero.account", "Account"]] });
    target_model = fields.Char();
    target_domain = fields.Json();
    suggested_id = fields.Integer();
    suggestion = fields.Char();
    waiting_count = fields.Integer();
}

class XeroConsent extends models.Model {
    _name = "xero.consent";

    /** As the server does: the number of consents that wait for the user. */
    count_pending() {
        return 0;
    }
}

defineMailModels();
defineModels([XeroAccount, XeroConsent, XeroMapping]);

const OPTIONS = ".o-autocomplete--dropdown-item:not(.o_m2o_dropdown_option)";

async function settle() {
    await runAllTimers();
    await animationFrame();
    await animationFrame();
}

test("the suggestion is first and open, Enter takes it, Enter goes on", async () => {
    await mountView({ type: "list", resModel: "xero.mapping" });
    await contains(".o_data_row:eq(0) [name=target]").click();
    await settle();
    expect(queryAllTexts(OPTIONS)).toEqual(["260 – Other Revenue", "200 – Sales", "270 – Interest Income"]);
    expect(".o-autocomplete--dropdown-item:eq(0)").toHaveClass("o_xero_suggested");

    await press("Enter");
    await settle();
    expect(".o_selected_row [name=target] input").toHaveValue("260 – Other Revenue");
    expect(OPTIONS).toHaveCount(0);

    await press("Enter");
    await settle();
    expect(".o_selected_row [name=source_name]").toHaveText("Zzz");
    expect(OPTIONS).toHaveCount(0, { message: "nothing is suggested, so nothing opens" });

    await press("Enter");
    await settle();
    expect(".o_selected_row [name=source_name]").toHaveText("Interest");
    expect(queryAllTexts(OPTIONS)[0]).toBe("270 – Interest Income");
});

test("an empty cell says that a click chooses, if the user may", async () => {
    XeroMapping._fields.can_decide = fields.Boolean();
    XeroMapping._fields.mapping_id = fields.Integer();
    XeroMapping._records[1] = { ...XeroMapping._records[1], can_decide: true, mapping_id: 2 };
    await mountView({
        type: "list",
        resModel: "xero.mapping",
        arch: `
            <list editable="bottom" create="0">
                <field name="can_decide" column_invisible="1"/>
                <field name="mapping_id" column_invisible="1"/>
                <field name="target" widget="xero_target" placeholder="Choose in Xero" readonly="not can_decide"/>
            </list>`,
    });
    expect(queryAllTexts(".o_data_cell[name=target]")).toEqual(["", "Choose in Xero", ""]);
    // It stands where a target would, not behind the room that the empty field takes
    expect(".o_xero_invitation:first-child").toHaveCount(1);
    await contains(".o_data_row:eq(1) [name=target]").click();
    await settle();
    expect(".o_xero_invitation").toHaveCount(0);
});

test("a target that the server has created is shown at once, and the edited row stays open", async () => {
    const pyEnv = await startServer();
    await start();
    await getService("action").doAction({ type: "ir.actions.act_window", res_model: "xero.mapping", views: [[false, "list"]] });
    const create = async (id, target) => {
        pyEnv["xero.mapping"].write([id], { target });
        const [partner] = pyEnv["res.partner"].browse(serverState.partnerId);
        pyEnv["bus.bus"]._sendone(partner, "account_xero_notify", { type: "success", message: "It is in Xero now." });
        await animationFrame();
        await settle();
    };
    await create(2, "xero.account,1");
    expect(".o_data_row:eq(1) [name=target]:first").toHaveText("200 – Sales");

    await contains(".o_data_row:eq(0) [name=target]").click();
    await settle();
    await press("Enter");
    await settle();
    expect(".o_selected_row [name=target] input").toHaveValue("260 – Other Revenue");
    await create(3, "xero.account,3");
    expect(".o_selected_row [name=source_name]").toHaveText("Other Income");
    expect(".o_selected_row [name=target] input").toHaveValue("260 – Other Revenue", { message: "what the user chose stays" });
    expect(".o_data_row:eq(2) [name=target]:first").toHaveText("270 – Interest Income");
});

test("a row that the user begins to edit while the rows are read again stays open", async () => {
    const pyEnv = await startServer();
    await start();
    await getService("action").doAction({ type: "ir.actions.act_window", res_model: "xero.mapping", views: [[false, "list"]] });
    const answer = new Deferred();
    onRpc("web_read", async () => {
        await answer;
    });
    onRpc("web_search_read", async () => {
        await answer;
    });
    const [partner] = pyEnv["res.partner"].browse(serverState.partnerId);
    pyEnv["bus.bus"]._sendone(partner, "account_xero_notify", { type: "success", message: "It is in Xero now." });
    await animationFrame();
    await settle();

    await contains(".o_data_row:eq(0) [name=target]").click();
    await settle();
    answer.resolve();
    await settle();
    expect(".o_selected_row [name=source_name]").toHaveText("Other Income");
});

test("the buttons above the list make room while a row is edited", async () => {
    await mountView({
        type: "list",
        resModel: "xero.mapping",
        arch: XeroMapping._views.list.replace(
            `create="0">`,
            `create="0"><header><button name="suggest" type="object" string="Suggestions…" display="always"/></header>`
        ),
    });
    expect("button[name=suggest]").toHaveCount(1);
    await contains(".o_data_row:eq(0) [name=target]").click();
    await settle();
    expect("button[name=suggest]").toHaveCount(0);
    await contains(".o_list_button_discard").click();
    await settle();
    expect("button[name=suggest]").toHaveCount(1);
});

test("a click into the field leaves the suggestions open, Tab takes nothing", async () => {
    await mountView({ type: "list", resModel: "xero.mapping" });
    await contains(".o_data_row:eq(0) [name=target]").click();
    await settle();
    await contains(".o_selected_row [name=target] input").click();
    await settle();
    expect(queryAllTexts(OPTIONS)[0]).toBe("260 – Other Revenue");
    await press("Tab");
    await settle();
    expect(".o_selected_row [name=source_name]").toHaveText("Zzz");
    expect(".o_data_row:eq(0) [name=target]").toHaveText("");
});

test("other rows show at once how many documents still wait", async () => {
    onRpc("xero.mapping", "web_save", async ({ parent }) => {
        const answer = await parent();
        MockServer.env["xero.mapping"].write([2], { waiting_count: 1 });
        return answer;
    });
    await mountView({ type: "list", resModel: "xero.mapping" });
    expect(".o_data_row:eq(1) [name=waiting_count]").toHaveText("2");
    await contains(".o_data_row:eq(0) [name=target]").click();
    await settle();
    await press("Enter");
    await settle();
    await press("Enter");
    await settle();
    expect(".o_data_row:eq(1) [name=waiting_count]").toHaveText("1");
    expect(".o_selected_row [name=source_name]").toHaveText("Zzz", { message: "and nothing else moves" });
});

/** Mounts the list with two rows a page, and goes from row to row with Enter, taking what is suggested. Returns the names of the rows. */
async function goThroughPages(order, count) {
    await mountView({
        type: "list",
        resModel: "xero.mapping",
        arch: XeroMapping._views.list.replace(`create="0">`, `create="0" limit="2" default_order="${order}">`),
    });
    await contains(".o_data_row:eq(0) [name=target]").click();
    await settle();
    const names = queryAllTexts(".o_selected_row .o_data_cell[name=source_name]");
    while (names.length < count) {
        if (queryAllTexts(OPTIONS).length) {
            await press("Enter");
            await settle();
        }
        await press("Enter");
        await settle();
        names.push(...queryAllTexts(".o_selected_row .o_data_cell[name=source_name]"));
    }
    return names;
}

test("Enter in the last row goes on in the next page, and after the last page in the first", async () => {
    expect(await goThroughPages("id", 4)).toEqual(["Other Income", "Zzz", "Interest", "Other Income"]);
});

test("Enter in the last row leaves out no row that came to this page because decided rows went behind it", async () => {
    onRpc("xero.mapping", "web_save", async ({ args, parent }) => {
        MockServer.env["xero.mapping"].write(args[0], { waiting_count: -1 });
        return parent();
    });
    expect(await goThroughPages("waiting_count desc, id", 3)).toEqual(["Other Income", "Zzz", "Interest"]);
    expect(queryAllTexts(".o_data_cell[name=source_name]")).toEqual(["Zzz", "Interest"]);
});
