[Awa's own text of V009: 4756 bytes, sha256 daed6360103bf8720c170064c3b4bbcd2384741ab582bdf585acee61d17a476a]
