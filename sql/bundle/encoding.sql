-- Whatever PGCLIENTENCODING says, this text is UTF-8.
SET client_encoding = 'UTF8';
