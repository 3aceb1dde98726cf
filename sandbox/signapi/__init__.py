"""SignAPI (signapi.eparaksts.lv): sessions, files, digests to be signed, sealed files and their validation."""
