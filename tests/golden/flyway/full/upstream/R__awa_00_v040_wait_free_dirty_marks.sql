[Awa's own text of patch:wait_free_dirty_marks: 12356 bytes, sha256 839c7a32805f5178f663f88579a3a48a4516fb47512fe2981b910f956d273875]
