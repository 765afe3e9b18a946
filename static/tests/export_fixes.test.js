import { beforeEach, expect, test } from "@odoo/hoot";
import { queryAllTexts } from "@odoo/hoot-dom";
import { advanceTime, animationFrame } from "@odoo/hoot-mock";
import { contains, MockServer, mockService, mountView, onRpc } from "@web/../tests/web_test_helpers";
import { opened } from "@account_xero/export_fixes/export_fixes";
import { defineXeroModels, XeroExport } from "./export_test_helpers";

defineXeroModels();

beforeEach(() => {
    opened.ids = [];
    XeroExport._records = [
        { id: 1, document_name: "INV/0001", state: "failed", cause: "account" },
        { id: 2, document_name: "INV/0002", state: "failed", cause: "account" },
        { id: 3, document_name: "INV/0003", state: "failed", cause: "contact" },
        { id: 4, document_name: "INV/0004", state: "failed", cause: "permission" },
        { id: 5, document_name: "INV/0005", state: "synced" },
    ];
});

const buttons = () => queryAllTexts(".o_xero_fixes > button");

test("a button for each cause of what is listed, and of what is selected", async () => {
    await mountView({ type: "list", resModel: "xero.export" });
    expect(buttons()).toEqual(["Fix account (2)", "Fix contact (1)"]);
    expect(".o_xero_fixes span[data-cause=permission]:contains(Ask Ann.) button").toHaveText("Ask");

    await contains(".o_data_row:first .o_list_record_selector input").click();
    await animationFrame();
    expect(buttons()).toEqual(["Fix account (1)"]);

    await contains(".o_data_row:first .o_list_record_selector input").click();
    await animationFrame();
    expect(buttons()).toEqual(["Fix account (2)", "Fix contact (1)"]);
});

test("cards have the buttons too; without failed documents there are none", async () => {
    await mountView({ type: "kanban", resModel: "xero.export" });
    expect(buttons()).toEqual(["Fix account (2)", "Fix contact (1)"]);
});

test("nothing failed", async () => {
    await mountView({ type: "list", resModel: "xero.export", domain: [["state", "=", "synced"]] });
    expect(".o_xero_fixes").toHaveCount(0);
});

test("a button opens the fix of its documents; those that it does not send wait for *Send again*", async () => {
    mockService("action", { doAction: (action) => expect.step(action.name) });
    onRpc("xero.export", "action_fix_cause", ({ args }) => {
        const [cause, domain] = args;
        expect.step(MockServer.env["xero.export"].search(domain).join());
        return { name: `fix ${cause}` };
    });
    onRpc("xero.export", "action_resync", ({ args }) => {
        expect.step(`send ${args[0].join()}`);
        return { name: "follow" };
    });
    await mountView({ type: "list", resModel: "xero.export" });
    await contains(".o_xero_fixes button[data-cause=account]").click();
    expect.verifySteps(["1,2", "fix account"]);
    expect(".o_xero_opened").toHaveCount(0);

    await contains(".o_xero_fixes button[data-cause=contact]").click();
    expect.verifySteps(["3", "fix contact"]);
    expect(".o_xero_opened span").toHaveText("Opened to be corrected: 1");
    await contains(".o_xero_opened .btn-primary").click();
    expect.verifySteps(["send 3", "follow"]);
    expect(".o_xero_opened").toHaveCount(0);
});

test("what the person sent again is counted until it has an outcome, also in a page that was just loaded", async () => {
    let asked = [3, 4];
    onRpc("xero.export", "get_asked", () => asked);
    mockService("action", {
        doAction(action) {
            expect.step([action.tag, action.params.export_ids]);
        },
    });
    await mountView({ type: "list", resModel: "xero.export" });
    expect(".o_xero_asked").toHaveText(/at your request: 2/);
    await contains(".o_xero_asked button").click();
    expect.verifySteps([["account_xero_follow", [3, 4]]]);
    asked = [];
    await advanceTime(1000);
    await animationFrame();
    expect(".o_xero_asked").toHaveCount(0);
});
