/** The shell of the operators' page: everything in it is made by its script, from the API. */

export const ADMIN_PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>Waiting room: operators</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/__waiting-room/admin/admin.min.css">
<script src="/__waiting-room/admin/admin.min.js" defer></script>
</head>
<body>
<div id="app"><noscript><p>This page needs JavaScript. The API does not: /__waiting-room/api/v1/</p></noscript></div>
</body>
</html>
`
