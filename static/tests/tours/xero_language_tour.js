import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("xero_language", {
    steps: () => [
        {
            content: "The words of the web client are French",
            trigger: ".o_xero_tile[data-filter=failed]:contains(Échec)",
            run: "click",
        },
        {
            content: "So are those of lists: the name of a selection",
            trigger: ".o_data_row:has([name=cause]:contains(Compte)) [name=document_name]",
            run: "click",
        },
        {
            content: "So are those of forms, and the message that the server makes for the reader",
            trigger: ".o_form_view .alert-danger button[name=action_fix]:contains(Décider le compte)",
        },
        {
            trigger: ".o_form_view .o_statusbar_buttons button[name=action_resync]:contains(Resynchroniser)",
        },
    ],
});
