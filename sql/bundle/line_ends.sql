-- A checkout or a copy may convert the line ends of every file. This tool runs a text as it is in the file, and PostgreSQL
-- keeps the body of a function as it is in the text. There is one line end here to look at.
SELECT 'line-ends' AS code,
       'The files of this bundle have the line ends of Windows (CRLF). Functions of Awa would be stored with them, and '
       'differ from those of the release.' AS message,
       'Take the files as they were handed out, the file .gitattributes too: then git leaves them alone, and '
       'sha256sum -c SHA256SUMS finds every one of them.' AS hint
 WHERE position(chr(13) IN '
') > 0
