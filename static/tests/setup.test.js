import { expect, test } from "@odoo/hoot";
import { animationFrame, queryAllAttributes, queryAllTexts } from "@odoo/hoot-dom";
import { advanceTime } from "@odoo/hoot-mock";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { contains, defineModels, fields, mockService, models, mountView, mountWithCleanup, onRpc, patchWithCleanup } from "@web/../tests/web_test_helpers";
import { browser } from "@web/core/browser/browser";
import { XeroSetup } from "@account_xero/setup/setup";

class XeroConnection extends models.Model {
    _name = "xero.connection";
    _records = [];
    name = fields.Char();
    _views = {
        kanban: `
            <kanban js_class="xero_connection_kanban">
                <templates><t t-name="card"><field name="name"/></t></templates>
            </kanban>`,
        search: `<search><filter name="named" string="Named" domain="[('name', '!=', False)]"/></search>`,
    };
}

defineMailModels();
defineModels([XeroConnection]);

const step = (name, values) => ({
    name,
    title: name,
    description: `About ${name}`,
    done_text: `${name} is done`,
    is_done: false,
    lines: [],
    copies: [],
    links: [],
    buttons: [{ label: `Begin ${name}`, method: `open_${name}`, is_primary: true }],
    ...values,
});
const setup = (values) => ({
    company: "",
    notice: "",
    is_moving: false,
    completed: "",
    steps: [
        step("app", { is_done: true, lines: ["App: Odoo"] }),
        step("connect", { copies: [{ label: "Redirect URI", value: "https://odoo.example/callback" }] }),
        step("mapping", { buttons: [] }),
    ],
    ...values,
});

onRpc("xero.consent", "count_pending", () => 0);

test("what is done is ticked, and the button of the next step stands out", async () => {
    onRpc("xero.setup", "retrieve_setup", () => setup());
    await mountWithCleanup(XeroSetup);
    expect(queryAllAttributes(".o_xero_setup_step", "data-name")).toEqual(["app", "connect", "mapping"]);
    expect(queryAllTexts(".o_xero_setup_step p")).toEqual(["app is done", "App: Odoo", "About connect", "About mapping"]);
    expect(".o_xero_setup_done .fa-check").toHaveCount(1);
    expect(queryAllTexts(".btn-primary")).toEqual(["Begin connect"]);
});

test("who may not set up asks somebody who can", async () => {
    let asked = "";
    onRpc("xero.setup", "retrieve_setup", () => setup({ steps: [], notice: `Only invoice admins set up. ${asked}`, can_ask: !asked }));
    onRpc("xero.setup", "ask_to_set_up", () => {
        asked = "Somebody was asked.";
        return { type: "ir.actions.client", tag: "display_notification" };
    });
    mockService("action", { doAction: ({ tag }) => expect.step(tag) });
    await mountWithCleanup(XeroSetup);
    await contains(".o_xero_ask").click();
    await animationFrame();
    expect.verifySteps(["display_notification"]);
    expect(".o_xero_ask").toHaveCount(0);
    expect(queryAllTexts(".alert")).toEqual(["Only invoice admins set up. Somebody was asked."]);
});

test("an address is copied", async () => {
    onRpc("xero.setup", "retrieve_setup", () => setup());
    patchWithCleanup(browser.navigator.clipboard, { writeText: (text) => expect.step(text) });
    await mountWithCleanup(XeroSetup);
    await contains(".o_clipboard_button").click();
    expect.verifySteps(["https://odoo.example/callback"]);
});

test("a button opens what the server says, once, and the steps load again when its dialog is closed", async () => {
    onRpc("xero.setup", "retrieve_setup", () => {
        expect.step("load");
        return setup();
    });
    onRpc("onboarding.onboarding.step", "open_connect", () => {
        expect.step("open");
        return { type: "ir.actions.act_window_close" };
    });
    await mountWithCleanup(XeroSetup);
    await contains("[data-method=open_connect]").click();
    await animationFrame();
    expect.verifySteps(["load", "open", "load"]);
});

test("a dialog closes without waiting for the steps", async () => {
    let loads = 0;
    onRpc("xero.setup", "retrieve_setup", () => (loads++ ? new Promise(() => {}) : setup()));
    onRpc("onboarding.onboarding.step", "open_connect", () => ({ type: "ir.actions.act_window", res_model: "xero.connection" }));
    mockService("action", {
        async doAction(action, { onClose }) {
            await onClose();
            expect.step("closed");
        },
    });
    await mountWithCleanup(XeroSetup);
    await contains("[data-method=open_connect]").click();
    await animationFrame();
    expect.verifySteps(["closed"]);
    expect(loads).toBe(2);
});

test("the steps load again while something moves, and when somebody comes back to the page", async () => {
    let is_moving = true;
    onRpc("xero.setup", "retrieve_setup", () => {
        expect.step("load");
        return setup({ is_moving });
    });
    await mountWithCleanup(XeroSetup);
    await advanceTime(2000);
    is_moving = false;
    await advanceTime(2000);
    await advanceTime(2000);
    expect.verifySteps(["load", "load", "load"]);
    window.dispatchEvent(new Event("focus"));
    await animationFrame();
    expect.verifySteps(["load"]);
});

test("the longer something moves, the less often the steps load", async () => {
    let loads = 0;
    onRpc("xero.setup", "retrieve_setup", () => {
        loads++;
        return setup({ is_moving: true });
    });
    await mountWithCleanup(XeroSetup);
    for (let second = 0; second < 20; second += 2) {
        await advanceTime(2000);
    }
    expect(loads).toBe(11);
    await advanceTime(2000);
    expect(loads).toBe(11);
    await advanceTime(3000);
    expect(loads).toBe(12);
});

test("users who cannot set up are told who can", async () => {
    onRpc("xero.setup", "retrieve_setup", () => setup({ steps: [], notice: "Ask Marc Demo." }));
    await mountWithCleanup(XeroSetup);
    expect(".o_xero_setup_step").toHaveCount(0);
    expect(".o_xero_setup .alert").toHaveText("Ask Marc Demo.");
});

test("the board shows the steps as long as there is no connection", async () => {
    onRpc("xero.setup", "retrieve_setup", () => setup());
    await mountView({ type: "kanban", resModel: "xero.connection" });
    expect(".o_xero_setup_step").toHaveCount(3);
    expect(".o_view_nocontent").toHaveCount(0);
});

test("a filter without connections is no reason to set up", async () => {
    onRpc("xero.setup", "retrieve_setup", () => setup());
    const { kanban: arch, search: searchViewArch } = XeroConnection._views;
    await mountView({ type: "kanban", resModel: "xero.connection", arch, searchViewArch, context: { search_default_named: 1 } });
    expect(".o_xero_setup_step").toHaveCount(0);
    expect(".o_view_nocontent").toHaveCount(1);
});

test("the board of connections has no steps", async () => {
    XeroConnection._records = [{ id: 1, name: "Harbour" }];
    await mountView({ type: "kanban", resModel: "xero.connection" });
    expect(".o_xero_setup_step").toHaveCount(0);
    expect(".o_kanban_record:not(.o_kanban_ghost)").toHaveCount(1);
});
