[Awa's own text of V022: 8177 bytes, sha256 7a3b20b92cc05da6aca561743c37577c3e03070def59ae3edc0af7890d1881fc]
