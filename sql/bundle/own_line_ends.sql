-- Line ends of Windows in this file would be stored in the functions of Awa that it defines.
DO $awa_infra$
BEGIN
    IF position(chr(13) IN '
') > 0 THEN
        RAISE EXCEPTION 'This file has the line ends of Windows (CRLF), and was written without them. [line-ends]'
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'Nothing was changed. Take the file as it was handed out; sha256sum -c SHA256SUMS finds every converted one.';
    END IF;
END
$awa_infra$;
