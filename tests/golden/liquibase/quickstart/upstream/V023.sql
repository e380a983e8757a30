[Awa's own text of V023: 151959 bytes, sha256 66de460f5b40eac101dfa042a871efa9aa827c0bfddd7762980e8fcd5939e613]
