[Awa's own text of V007: 587 bytes, sha256 04125fd02664ded5297cb483ca27793dec090d9ac7b8ead3e2206c1d741acb6e]
