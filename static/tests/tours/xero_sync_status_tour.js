import { registry } from "@web/core/registry";
import { startScheduler } from "./xero_tour_utils";

const card = ".o_xero_sync_status .o_kanban_record:contains(Harbour)";

registry.category("web_tour.tours").add("xero_sync_status", {
    steps: () => [
        {
            content: "The dashboard says what waits for a person; the card of the journal, how many failed",
            trigger: ".o_kanban_view:has(.o_xero_banner:contains(Failed documents: 1)) a[name=action_xero_failed]:contains(1 failed in Xero)",
            run: "click",
        },
        {
            content: "The one that failed",
            trigger: ".o_xero_exports .o_data_row:contains(has no account in Xero yet)",
        },
        {
            content: "Back to the dashboard",
            trigger: ".o_back_button",
            run: "click",
        },
        {
            content: "Open Sync Status",
            trigger: ".o_xero_banner button",
            run: "click",
        },
        {
            content: "The numbers of all connections",
            trigger: ".o_xero_sync_total[data-name=failed]:contains(1)",
        },
        {
            content: "One document waits, and is soon in Xero",
            trigger: `${card}:contains(1 waiting, done within a minute)`,
        },
        {
            content: "Sync now",
            trigger: `${card} button[name=action_export_now]`,
            run: "click",
        },
        {
            content: "The progress is shown",
            trigger: ".o_xero_follow_count:contains(0 of 1)",
        },
        startScheduler,
        {
            content: "Nothing waits any more",
            trigger: `.o_xero_sync_status:not(:has(.modal)) .o_kanban_record:contains(Harbour):not(:contains(done within a minute))`,
        },
        {
            content: "Open the syncs",
            trigger: `${card} button[name=action_open_syncs]`,
            run: "click",
        },
        {
            content: "The last one was manual and succeeded; open its documents",
            trigger: ".o_data_row:contains(Manual):contains(Succeeded) button[name=action_open_documents]",
            run: "click",
        },
        {
            content: "Its document",
            trigger: ".o_xero_exports .o_data_row:contains(Synced)",
        },
        {
            content: "Back to the syncs",
            trigger: ".o_back_button",
            run: "click",
        },
        {
            content: "Back to the status",
            trigger: ".o_list_view:has(.o_data_row:contains(Manual)) .o_back_button",
            run: "click",
        },
        {
            content: "Ask for support",
            trigger: `${card} button[name=action_details]`,
            run: "click",
        },
        {
            content: "Describe what happens",
            trigger: ".modal .o_field_widget[name=description] textarea",
            run: "edit Nothing arrives && press Tab",
        },
        {
            content: "The text contains the description and the failure",
            trigger: ".modal .o_field_widget[name=details]:contains(Nothing arrives):contains(account, sale_invoice: 1 documents)",
        },
        {
            content: "Download it",
            trigger: ".modal button[name=action_download]",
            run: "click",
        },
        {
            content: "Close",
            trigger: ".modal button[special=cancel]",
            run: "click",
        },
        {
            content: "The status is there",
            trigger: `body:not(:has(.modal)) ${card}`,
        },
    ],
});

registry.category("web_tour.tours").add("xero_sync_status_phone", {
    steps: () => [
        {
            content: "The status fits on a phone",
            trigger: ".o_xero_sync_status .o_kanban_record:contains(Harbour)",
            run() {
                const { scrollWidth, clientWidth } = document.querySelector(".o_action_manager .o_content");
                if (scrollWidth > clientWidth) {
                    throw new Error(`It is ${scrollWidth} px wide, the phone ${clientWidth}`);
                }
            },
        },
        {
            content: "A billing user does not sync",
            trigger: ".o_xero_sync_status .o_kanban_record:not(:has(button[name=action_export_now]))",
        },
        {
            content: "Open the syncs",
            trigger: ".o_xero_sync_status button[name=action_open_syncs]",
            run: "click",
        },
        {
            content: "They are cards",
            trigger: ".o_kanban_view .o_kanban_record:contains(Partly)",
        },
    ],
});
