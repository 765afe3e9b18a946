import { registry } from "@web/core/registry";

import { goToMenu } from "./xero_tour_utils";

registry.category("web_tour.tours").add("xero_custom_connection", {
    steps: () => [
        ...goToMenu("account.menu_finance_configuration", "account_xero.xero_configuration_app_menu"),
        {
            content: "Make an app",
            trigger: "body:has(.o_breadcrumb:contains(Xero Apps)) .o_list_button_add",
            run: "click",
        },
        {
            content: "It is a custom connection",
            trigger: ".o_field_widget[name=app_type] .o_radio_item:contains(Custom connection) input",
            run: "click",
        },
        {
            content: "No redirect URI has to be copied; the portal is named",
            trigger: ".o_form_view:not(:has([name=redirect_uri])) .alert:contains(gets a mail)",
        },
        {
            content: "Type the client ID",
            trigger: ".o_field_widget[name=client_id] input",
            run: "edit CUSTOMAPP00000000000000000000004",
        },
        {
            content: "Type the client secret",
            trigger: ".o_field_widget[name=client_secret] input",
            run: "edit fake-secret-custom-app",
        },
        {
            content: "It is the sandbox",
            trigger: ".o_field_widget[name=environment] .o_radio_item:contains(Sandbox) input",
            run: "click",
        },
        {
            content: "Save the app",
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            content: "Connect an organisation",
            trigger: ".o_statusbar_buttons button[name=action_connect_organisation]",
            run: "click",
        },
        {
            content: "Name the connection",
            trigger: ".o_form_view:has([name=export_start_date]) .o_field_widget[name=name] input",
            run: "edit Head office",
        },
        {
            content: "Connect: no page of Xero opens",
            trigger: ".o_statusbar_buttons button[name=action_connect]:contains(Connect)",
            run: "click",
        },
        {
            content: "The organisation is said",
            trigger: ".o_notification:contains(is connected: AU)",
        },
        {
            content: "It is connected, and asks for no renewal",
            trigger: ".o_form_view:not(:has(.o_statusbar_buttons button[name=action_connect])) .o_field_widget[name=status]:contains(Connected)",
        },
    ],
});
