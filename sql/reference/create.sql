-- Creates the scratch database of a verification: from template0, so that nothing of this site is in it, and in
-- UTF8 with collation C, which every server has and no definition shows.
CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'
