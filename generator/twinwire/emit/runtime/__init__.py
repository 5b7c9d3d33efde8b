"""The behaviour of every generated SDK: these modules are copied into it beside its data, and twinwire imports none of them."""
