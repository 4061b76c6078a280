document.title = 'Agno API';
