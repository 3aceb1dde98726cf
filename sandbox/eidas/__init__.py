"""The integration platform (eidas.eparaksts.lv): OAuth 2 with consent pages, identities, and the signing HSM."""
