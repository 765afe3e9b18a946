import { beforeEach, expect, test } from "@odoo/hoot";
import { advanceTime, animationFrame } from "@odoo/hoot-dom";
import { contains, MockServer, mountView, onRpc } from "@web/../tests/web_test_helpers";
import { defineXeroModels } from "./export_test_helpers";

defineXeroModels();

let looks;
let loads;
let finished;

/** What the server knows of the export from now on. */
const setExport = (values) => MockServer.env["xero.export"].write([3], values);

beforeEach(() => {
    looks = loads = 0;
    finished = false;
    onRpc("xero.export", "get_progress", ({ args }) => {
        looks++;
        const [record] = MockServer.env["xero.export"].read(args[0], ["state", "wait_reason"]);
        return { finished, rows: [{ id: record.id, state: record.state, message: record.wait_reason || "" }] };
    });
    onRpc("xero.export", "web_read", () => {
        loads++;
    });
});

async function openForm(resId = 3) {
    await mountView({
        type: "form",
        resModel: "xero.export",
        resId,
        arch: `
            <form>
                <widget name="xero_follow" state="state" reason="wait_reason"/>
                <field name="state" readonly="1"/>
                <field name="wait_reason" readonly="1"/>
                <field name="document_name"/>
            </form>`,
    });
}

async function pass(milliseconds) {
    await advanceTime(milliseconds);
    await animationFrame();
}

test("follows an export every second until it has an outcome, and loads the form only if something changed", async () => {
    await openForm();
    await pass(1000);
    await pass(1000);
    expect([looks, loads]).toEqual([2, 1]);

    setExport({ wait_reason: "Next try 10:00" });
    await pass(1000);
    expect("[name=wait_reason]").toHaveText("Next try 10:00");
    expect([looks, loads]).toEqual([3, 2]);

    setExport({ state: "synced", wait_reason: false });
    await pass(1000);
    expect("[name=state]").toHaveText("synced");
    expect([looks, loads]).toEqual([4, 3]);

    await pass(60000);
    expect(looks).toBe(4);
});

test("an export with an outcome is not followed", async () => {
    await openForm(4);
    await pass(60000);
    expect(looks).toBe(0);
});

test("what is held back is looked at less often, and after ten minutes not at all", async () => {
    finished = true;
    await openForm();
    await pass(1000);
    expect(looks).toBe(1);
    await pass(14000);
    expect(looks).toBe(1);
    await pass(1000);
    expect(looks).toBe(2);
    for (let minute = 0; minute < 12; minute++) {
        await pass(60000);
    }
    const before = looks;
    await pass(60000);
    expect(looks).toBe(before);
    expect(loads).toBe(1);
});

test("unsaved changes stay, and the form is loaded once they are discarded", async () => {
    await openForm();
    await contains("[name=document_name] input").edit("INV/9", { confirm: false });
    setExport({ state: "synced" });
    await pass(1000);
    expect("[name=document_name] input").toHaveValue("INV/9");
    expect("[name=state]").toHaveText("waiting");

    await contains(".o_form_button_cancel").click();
    await pass(1000);
    expect("[name=state]").toHaveText("synced");
    expect("[name=document_name] input").toHaveValue("INV/0003");
});
